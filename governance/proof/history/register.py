"""The register of runs, attempts, releases and refused acts, made from a whole range of ledger entries.

Nothing is numbered when it happens: the register counts the entries of the range, in their order, so that whoever has
the range makes the same register, and one that leaves something out is not the same. Typesetter, page and offline
verifier call this. A register whose range begins with the ledger's first entry has every run there ever was.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from governance.proof.formats import canonical
from governance.proof.formats.leaf import (
    DOCUMENT_FROZEN,
    DOCUMENT_REVOKED,
    DOCUMENT_SIGNED,
    REQUEST_OPENED,
    REQUEST_REJECTED,
    REQUEST_WITHDRAWN,
    Leaf,
)
from governance.proof.history import jobs

RUNS = "Runs and their attempts, in the order in which the ledger has them."
RELEASES = "Releases, in the order in which the ledger has them."
REFUSED = "Refused acts, in the order in which the ledger has them."
RUN_COLUMNS = ("No.", "Entry", "When", "What", "Identifier", "Rests on", "State", "Last entry")
RELEASE_COLUMNS = ("No.", "Entry", "When", "What", "Digest", "State", "Last entry")
REFUSAL_COLUMNS = ("No.", "Entry", "When", "Act", "About", "Checks")
REFUSAL = "refusal:"
BEFORE = "–"
"""in place of the number of a run that began before the range"""

Row = tuple[str | int, ...]


class GapError(ValueError):
    """The leaves given are not a whole range of ledger entries."""


@dataclass(frozen=True)
class Register:
    """Rows as they are printed, for entries `first` up to and without `stop`, of a project (None: of all)."""

    project: str | None
    first: int
    stop: int
    kinds: tuple[str, ...]
    runs: tuple[Row, ...]
    releases: tuple[Row, ...]
    refused: tuple[Row, ...]

    @property
    def digest(self) -> str:
        """The SHA-256 of the register's canonical JSON: two registers with one digest are the same, row for row."""
        said = {
            "project": self.project,
            "first": self.first,
            "stop": self.stop,
            "kinds": list(self.kinds),
            "runs": [list(row) for row in self.runs],
            "releases": [list(row) for row in self.releases],
            "refused": [list(row) for row in self.refused],
        }
        return f"sha256:{hashlib.sha256(canonical.dumps(said)).hexdigest()}"

    @property
    def counts(self) -> dict[str, int]:
        """How many runs (those begun before the range apart), attempts, releases and refused acts there are."""
        attempts = sum(1 for row in self.runs if "." in str(row[0]))
        before = sum(1 for row in self.runs if row[0] == BEFORE)
        return {
            "runs": len(self.runs) - attempts - before,
            "runs begun before": before,
            "attempts": attempts,
            "releases": len(self.releases),
            "refused acts": len(self.refused),
        }


def make(
    leaves: Sequence[Leaf],
    *,
    first: int,
    stop: int,
    project: str | None,
    kinds: Iterable[str],
    before: Iterable[Leaf] = (),
    hidden: Collection[int] = (),
) -> Register:
    """Return the register of the entries `first` up to and without `stop`; `kinds` of documents count as releases.

    `leaves` are all entries of the range. `before` are earlier ones about runs and releases that go on in the range:
    these have no number, and what is said of them is no more than those entries tell. `hidden` are entries of the
    range that are not given because they belong to other projects than `project`.

    Raises:
        GapError: an entry of the range is missing, stands twice, or lies outside.
    """
    if hidden and project is None:
        raise GapError(
            f"{len(hidden)} entries are hidden, expected all of them: the register is of the whole organisation"
        )
    seqs = [leaf.seq for leaf in leaves]
    if seqs != sorted(seqs) or sorted((*seqs, *hidden)) != list(range(first, stop)):
        raise GapError(f"found {len(leaves)} entries, expected each of {first} to {stop - 1} once, in order")
    earlier = [leaf for leaf in before if leaf.seq < first]
    return of([*earlier, *leaves], first=first, stop=stop, project=project, kinds=kinds)


def of(leaves: Iterable[Leaf], *, first: int, stop: int, project: str | None, kinds: Iterable[str]) -> Register:
    """Return the register that these entries tell of, whatever may be missing among them; see `make`.

    It is the same as from all entries where none is left out that is about a job, a release or a refusal.
    """
    ordered = sorted(leaves, key=lambda leaf: leaf.seq)
    told = [leaf for leaf in ordered if project is None or leaf.project == project]
    wanted = tuple(sorted(set(kinds)))
    return Register(
        project=project,
        first=first,
        stop=stop,
        kinds=wanted,
        runs=tuple(_runs(told, first)),
        releases=tuple(_releases(told, first, frozenset(wanted))),
        refused=tuple(_refused([leaf for leaf in told if leaf.seq >= first])),
    )


def _runs(leaves: Sequence[Leaf], first: int) -> Iterable[Row]:
    times, number = {leaf.seq: leaf.time for leaf in leaves}, 0
    for job, told in jobs.replay(leaves).items():
        if told.seqs[-1] < first:
            continue
        began = told.seqs[0]
        counted = told.begun is not None and began >= first
        number += counted
        label = str(number) if counted else BEFORE
        state = told.state or "unknown"
        yield (label, began, times[began], told.purpose or "unknown", job, told.spec, state, told.seqs[-1])
        for identifier, attempt in told.attempts.items():
            yield (
                f"{label}.{attempt.number}",
                attempt.seqs[0],
                times[attempt.seqs[0]],
                "attempt",
                identifier,
                attempt.permit,
                attempt.state,
                attempt.seqs[-1],
            )


@dataclass
class _Release:
    leaf: Leaf
    state: str = "frozen, nobody asked to sign"
    last: int = 0
    signatures: int = 0


def _releases(leaves: Sequence[Leaf], first: int, kinds: frozenset[str]) -> Iterable[Row]:
    found: dict[str, _Release] = {}
    for leaf in leaves:
        if leaf.event == DOCUMENT_FROZEN and leaf.data.get("kind") in kinds and len(leaf.subjects) == 1:
            found.setdefault(leaf.subjects[0], _Release(leaf, last=leaf.seq))
        for digest in leaf.subjects:
            if digest in found:
                _follow(found[digest], leaf)
    number = 0
    for digest, told in found.items():
        if told.last < first:
            continue
        number += told.leaf.seq >= first
        label = f"R{number}" if told.leaf.seq >= first else BEFORE
        yield (label, told.leaf.seq, told.leaf.time, str(told.leaf.data["kind"]), digest, told.state, told.last)


def _follow(told: _Release, leaf: Leaf) -> None:
    if leaf.event == DOCUMENT_SIGNED:
        told.signatures += 1
        told.state = f"{told.signatures} signature{'' if told.signatures == 1 else 's'}"
    elif leaf.event == REQUEST_OPENED:
        told.state, told.signatures = "signatures asked", 0
    elif leaf.event == REQUEST_REJECTED:
        told.state = "rejected"
    elif leaf.event == REQUEST_WITHDRAWN:
        told.state = "request withdrawn"
    elif leaf.event == DOCUMENT_REVOKED:
        told.state = "revoked"
    else:
        return
    told.last = leaf.seq


def _refused(leaves: Iterable[Leaf]) -> Iterable[Row]:
    number = 0
    for leaf in leaves:
        if leaf.event.startswith(REFUSAL):
            number += 1
            checks = ", ".join(str(check) for check in leaf.data.get("checks", ()))
            about = ", ".join(leaf.subjects) or "nothing in particular"
            yield (f"X{number}", leaf.seq, leaf.time, str(leaf.data.get("action", "")), about, checks)


SIGNING = (DOCUMENT_SIGNED, DOCUMENT_REVOKED, REQUEST_OPENED, REQUEST_REJECTED, REQUEST_WITHDRAWN)
"""The events that change how a release stands."""


TELLING = frozenset({*jobs.EVENTS, DOCUMENT_FROZEN, *SIGNING})
"""The events of earlier entries from which `make` tells how what goes on in a range stands."""


def without_beginning(leaves: Sequence[Leaf], *, first: int, project: str | None) -> list[str]:
    """Return what goes on from entry `first` on although no entry before it says that it began, or does so twice.

    `leaves` are in the ledger's order, all there are from `first` on. A run begins when it is admitted or armed, and
    its attempts are counted from 1, so none of these can be missing unnoticed; nor a document's freezing, from which
    follows whether it is a release. Of a range that begins with the ledger's first entry nothing began before.
    """
    told = [leaf for leaf in leaves if project is None or leaf.project == project]
    problems = []
    for job, story in jobs.replay(told).items():
        if story.seqs[-1] < first:
            continue
        if story.begun != story.seqs[0]:
            problems.append(f"the beginning of run {job} is not among the entries, expected it before {story.seqs[0]}")
        numbers = [attempt.number for attempt in story.attempts.values()]
        if numbers != list(range(1, len(numbers) + 1)):
            problems.append(f"found the attempts {numbers} of run {job}, expected all, counted from 1")
        problems += [f"entry {seq} on run {job} fits none before it" for seq in story.strange]
    named = [digest for leaf in told if leaf.event == DOCUMENT_FROZEN for digest in leaf.subjects]
    frozen = set(named)
    if len(named) != len(frozen):
        problems.append(f"{max(named, key=named.count)} was frozen twice, expected each document once")
    for leaf in told:
        if leaf.seq >= first and leaf.event in SIGNING and (missing := set(leaf.subjects) - frozen):
            problems.append(f"the freezing of {min(missing)}, told of in entry {leaf.seq}, is not among the entries")
    return problems


def carried(leaves: Iterable[Leaf]) -> set[str]:
    """Return the subjects of a range whose earlier entries `make` wants: jobs, and documents asked about or signed."""
    found: set[str] = set()
    for leaf in leaves:
        if leaf.event in jobs.EVENTS and "job" in leaf.data:
            found.add(f"job:{leaf.data['job']}")
        elif leaf.event in SIGNING:
            found.update(leaf.subjects)
    return found
