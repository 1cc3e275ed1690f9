"""The ledger searched in segments, each by itself, so that several processes can share the work.

A segment begins with the tree that the stored hashes before it say. Whoever searches the segments before recomputes
every one of those hashes, so a false beginning is found there and, by the roots, here.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

from django.db import connections

from governance.proof.formats.keyring import Keyring
from governance.selectors.verification import (
    candidates,
    ceremonies,
    disposals,
    exchanges,
    gradings,
    papers,
    passkeys,
    people,
    runs,
    signers,
    signoffs,
    tree,
    witnesses,
)
from governance.selectors.verification.chunk import Auditor, chunks
from governance.selectors.verification.clock import Clock
from governance.selectors.verification.outcome import Problem, Tally

SEGMENT = 50_000  # entries

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Search:
    """What to go by: the root key's fingerprint, the newest keyring (None: no trusted one), files hashed or not."""

    fingerprint: str
    keyring: Keyring | None
    hash_files: bool

    def auditors(self) -> list[tuple[Tally, Auditor]]:
        """Return a fresh set of all that look at the entries, each with an empty tally, in the order they are told."""
        looked = "hashed anew" if self.hash_files else "there at their size, not hashed"
        return [
            (Tally("tree", "entries hashed anew"), tree.Tree()),
            (Tally("clock", "entries compared"), Clock()),
            (Tally("ledger index", "entries compared"), tree.Lookups()),
            (
                Tally("private parts", "entries compared", found="private parts erased under a signed disposal"),
                tree.PrivateParts(),
            ),
            (Tally("keyrings", "entries searched for keyrings"), people.Keyrings(self.fingerprint)),
            (Tally("people", "entries compared"), people.People()),
            (Tally("passkeys", "entries compared"), passkeys.Passkeys(hashed=self.hash_files)),
            (Tally("signers", "entries compared"), signers.Signers()),
            (Tally("documents", "entries compared"), papers.Documents()),
            (Tally("document index", "entries compared"), papers.DocumentIndex()),
            (Tally("files", "entries compared", found=f"files {looked}"), papers.Bytes(hashed=self.hash_files)),
            (Tally("supporting files", "entries compared"), disposals.Attachments(hashed=self.hash_files)),
            (Tally("disposals", "entries compared", found="carried out"), disposals.Disposals()),
            (Tally("sign-offs", "entries compared", found="signatures verified"), signoffs.Signoffs(self.keyring)),
            (Tally("ceremonies", "entries compared"), ceremonies.Ceremonies(self.keyring)),
            (Tally("gradings", "entries compared"), gradings.Gradings()),
            (Tally("candidates", "entries compared"), candidates.Candidates()),
            (Tally("jobs", "entries compared"), runs.Jobs()),
            (Tally("permits", "entries compared"), runs.Attempts(self.keyring)),
            (Tally("sessions", "entries compared"), exchanges.Exchanges()),
            (Tally("reports", "entries compared"), runs.Reports()),
            (
                Tally("witnesses", "entries compared", found="cosignatures and time stamps verified"),
                witnesses.Witnesses(self.keyring),
            ),
        ]


def searched(search: Search, first: int, size: int, *, processes: int, progress: Progress) -> dict[str, Tally]:
    """Return what all auditors found in the entries from `first` to `size`, by the name of the check.

    Processes are forked, so that they have what this one has; each has a connection of its own.
    """
    bounds = list(pairwise([*range(first, size, SEGMENT), size])) or [(size, size)]
    found = {tally.name: tally for tally, _ in search.auditors()}
    if processes > 1 and len(bounds) > 1:
        connections.close_all()  # a connection must not be shared with a fork
        fork = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(processes, fork, initializer=_begin, initargs=(search,)) as pool:
            parts: Iterator[list[Tally]] = pool.map(_one, bounds)
            _join(found, parts, bounds, size, progress)
    else:
        for bound in bounds:
            _join(found, iter([_segment(search, *bound, size, progress)]), [bound], size, progress)
    return found


def loose(search: Search, size: int) -> list[Tally]:
    """Return for each check what belongs to no entry below `size`."""
    auditors = search.auditors()
    for tally, auditor in auditors:
        tally.add(_readable(auditor.finish(size), "rows without an entry"))
        tally.seen = auditor.seen
    return [tally for tally, _ in auditors]


def _readable(found: Iterator[Problem], place: str) -> Iterator[Problem]:
    """Yield the problems; where a row there cannot even be read, that is one."""
    try:
        yield from found
    except (ValueError, TypeError, ArithmeticError) as problem:
        yield Problem(place, f"a row that belongs there cannot be read: {problem}")


def _join(
    found: dict[str, Tally],
    parts: Iterator[list[Tally]],
    bounds: list[tuple[int, int]],
    size: int,
    progress: Progress,
) -> None:
    for part, (_, end) in zip(parts, bounds, strict=True):
        for tally in part:
            found[tally.name].join(tally)
        progress(end, size)


def _segment(search: Search, first: int, end: int, size: int, progress: Progress) -> list[Tally]:
    auditors = search.auditors()
    for tally, auditor in auditors:
        tally.add(_readable(auditor.begin(first), f"entry {first}"))
    for chunk in chunks(first, end):
        for tally, auditor in auditors:
            tally.looked_at += len(chunk.entries)
            tally.add(_readable(auditor.chunk(chunk), f"entries {chunk.after + 1} to {chunk.last}"))
        if chunk.last + 1 < end:
            progress(chunk.last + 1, size)
    for tally, auditor in auditors:
        tally.add(_readable(auditor.end(end), f"entry {end}"))
        tally.seen, tally.compromised, tally.remarks = auditor.seen, auditor.compromised, auditor.remarks
    return [tally for tally, _ in auditors]


_search: Search | None = None


def _begin(search: Search) -> None:
    global _search  # noqa: PLW0603  (a process of the pool has one search all its life)
    _search = search


def _one(bound: tuple[int, int]) -> list[Tally]:
    assert _search is not None  # noqa: S101  (set by _begin)
    return _segment(_search, *bound, bound[1], lambda done, size: None)
