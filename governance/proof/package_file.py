"""Verify an auditor's package: is every report that was sealed in its period there, as it was sealed, and true?

Nobody seals a package, and nobody needs to. Which reports there must be follows from the ledger's entries of the
period, which are there without a gap; each report is verified as by itself; the index is held against both.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter

from governance.proof import canonical
from governance.proof.attached import read_attached
from governance.proof.canonical import is_digest
from governance.proof.checkpoint import Checkpoint
from governance.proof.checkpoint_checks import check_witnesses, open_head, retired_lines
from governance.proof.elsewhere import NOTHING, Elsewhere
from governance.proof.evidence import Evidence, LeafEntry, Period, TimeStamped, Witnessed
from governance.proof.fields import moment, told
from governance.proof.graph_checks import read_leaves, read_period
from governance.proof.kept_checkpoints import Consistency, Kept, kept_lines
from governance.proof.keyring_checks import KeyringChain, keyring_lines, open_keyrings, published_lines
from governance.proof.keys import SignatureError
from governance.proof.leaf import REPORT_SEALED, Leaf
from governance.proof.outcome import CheckLine, Verification, lines
from governance.proof.package_index import (
    AROUND,
    BESIDE,
    CHECKPOINT,
    CONSISTENCY,
    INDEX,
    KEYRINGS,
    PAGE,
    PERIOD,
    READ_ME,
    READ_ME_TEXT,
    Index,
    Listed,
)
from governance.proof.period_checks import asked_lines, days_asked, period_lines
from governance.proof.printed import count, plural
from governance.proof.report_file import checkpoint_in, read_file, verify_report, without_fingerprint
from governance.proof.second_key import second_lines
from governance.proof.verify import AGE
from governance.proof.zip_file import read_zip

PACKAGE, SAMPLE = "audit-package", "audit-sample"
NAME, REPORT, LISTED = "package", "report", "index"
_TRACES = (INDEX.encode(), PERIOD.encode())
_AROUND, _PROOFS = TypeAdapter(list[LeafEntry]), TypeAdapter(list[Consistency])


@dataclass(frozen=True)
class _Head:
    """A package's checkpoint, of which nobody said anything later."""

    checkpoint: str
    witnessed: Witnessed | None = None
    time_stamps: list[TimeStamped] = field(default_factory=list)


@dataclass(frozen=True)
class _Package:
    """What a package has, read: its checkpoint and keyrings are signed, nothing else is checked."""

    index: Index
    files: Mapping[str, bytes]
    chain: KeyringChain
    note: str
    checkpoint: Checkpoint
    period: Period | None
    around: Sequence[LeafEntry]
    proofs: Sequence[Consistency]


def verify_package(package: Path | bytes, root_fingerprint: str | None, elsewhere: Elsewhere = NOTHING) -> Verification:
    """Return whether a package (a path, or the file's bytes) holds, trusting only `root_fingerprint`.

    Code 0: every report sealed in the period is there and holds. Code 1: one is missing or does not hold, or something
    else is not as it must be. Code 2: it could not be checked, as for `verify_report`. Code 3: its reports, or a
    checkpoint kept `elsewhere`, prove that the log signed two histories.
    """
    try:
        data = package if isinstance(package, bytes) else read_file(package)
    except OSError as error:
        return Verification.impossible("file", f"cannot be read: {error}")
    if not is_digest(root_fingerprint) or root_fingerprint is None:
        return without_fingerprint(root_fingerprint)
    if not all(name in data for name in _TRACES):
        detail = "found a ZIP that is no auditor’s package; an audit sample is drawn again by countersign sample"
        return Verification.impossible("file", detail)
    try:
        files = read_zip(data)
        index = Index.from_bytes(files.pop(INDEX, b""))
        if problems := list(_beside(files, index)):
            return Verification.of([CheckLine(NAME, False, problem) for problem in problems])
        opened = _opened(files, index, root_fingerprint, elsewhere)
    except ValueError as error:
        return Verification.of([CheckLine(NAME, False, told(error))])
    except SignatureError as error:
        return Verification.of([CheckLine("keyring", False, str(error))])
    held = plural(len(files), "file", "files")
    detail = f"it holds its index and the {held} that this names, with the digests it gives, and nothing else"
    try:
        return Verification.of([CheckLine(NAME, True, detail), *_lines(opened, root_fingerprint, elsewhere)])
    except MemoryError:
        raise
    # Whoever has the keys of the log can write entries that no service writes.
    except Exception as error:  # noqa: BLE001
        detail = f"it cannot be checked, as no package of ours is made so ({type(error).__name__}: {error})"
        return Verification.of([CheckLine(NAME, False, detail)])


def _beside(files: Mapping[str, bytes], index: Index) -> Iterator[str]:
    """Yield what is missing, added or other than the index says. That says nothing of whether the index is right."""
    for name in sorted({*files, *index.files, *BESIDE}):
        if name not in index.files:
            yield f"{name} is there, but the index does not name it" if name in files else f"{name} is missing"
        elif name not in files:
            yield f"{name} is missing: the index names it with {index.files[name]}"
        elif canonical.sha256(files[name]) != index.files[name]:
            yield f"{name} has {canonical.sha256(files[name])}, the index names it with {index.files[name]}"
    inside = sorted(files.keys() - BESIDE)
    listed = sorted(one.file for one in index.reports if one.file)
    if inside != listed:
        odd = min({*inside} ^ {*listed}, default="a report")
        yield f"{odd} is not there once and listed once, as each report must be"


def _opened(files: Mapping[str, bytes], index: Index, root_fingerprint: str, elsewhere: Elsewhere) -> _Package:
    """Return what the files say. Raises ValueError, SignatureError: they say nothing, or nobody signed it."""
    chain = open_keyrings(files[KEYRINGS].splitlines(), root_fingerprint, elsewhere.keyrings)
    note = files[CHECKPOINT].decode("utf-8")
    checkpoint = open_head(note, chain.last)
    if checkpoint.size != index.ledger_size:
        raise ValueError(f"its checkpoint is of {checkpoint.size} entries, its index of {index.ledger_size}")
    period = None if files[PERIOD] == b"{}" else Period.model_validate_json(files[PERIOD])
    around, proofs = _AROUND.validate_json(files[AROUND]), _PROOFS.validate_json(files[CONSISTENCY])
    return _Package(index, files, chain, note, checkpoint, period, around, proofs)


def _lines(package: _Package, root_fingerprint: str, elsewhere: Elsewhere) -> Iterator[CheckLine]:
    index, checkpoint, ring = package.index, package.checkpoint, package.chain.last
    yield from keyring_lines(package.chain, root_fingerprint)
    detail = f"{checkpoint.origin} signed root {checkpoint.root.hex()} at size {checkpoint.size}"
    yield CheckLine("checkpoint", True, detail)
    head = _Head(package.note)
    yield from retired_lines(head, ring)
    yield check_witnesses(head, ring, checkpoint, elsewhere.witnesses)
    yield from second_lines(package.note, checkpoint, elsewhere.second_key)
    if elsewhere.least is not None and index.ledger_size < elsewhere.least:
        detail = f"found a package as of {index.ledger_size} ledger entries, expected {elsewhere.least} or more"
        yield CheckLine(AGE, False, detail)
    inside, problems = read_period(package.period, checkpoint)
    around, others = read_leaves(package.around, checkpoint)
    yield from period_lines(package.period, [*problems, *others])
    if problems or others:
        yield CheckLine(REPORT, None, "not looked at: which there must be does not show")
        return
    yield from asked_lines(index, package.period, {**around, **inside})
    yield from published_lines(package.chain, {**around, **inside})
    sealed = [leaf for leaf in inside.values() if leaf.event == REPORT_SEALED and index.project in (None, leaf.project)]
    told_ = f"{plural(len(sealed), 'report was', 'reports were')} sealed in the period, as it says, none left out"
    yield from lines(LISTED, _index_problems(package, sealed, {**around, **inside}), told_)
    for one, leaf in zip(index.reports, sealed, strict=False):
        yield _report(one, leaf, package.files, root_fingerprint, elsewhere)
    yield from _histories(package, elsewhere)
    detail = "server-attested: what it is about, and what reports are called and about, in the words of the index"
    yield CheckLine(LISTED, None, detail)


def _index_problems(package: _Package, sealed: Sequence[Leaf], known: Mapping[int, Leaf]) -> Iterator[str]:
    """Yield what the index says otherwise than the ledger, and its page and the notes otherwise than they follow."""
    index, period = package.index, package.period
    counts = (len(period.leaves), len(period.hidden)) if period is not None else (0, 0)
    if (index.entries, index.hidden) != counts:
        yield f"it says {index.entries} entries, {index.hidden} of them hidden; expected {counts[0]} and {counts[1]}"
    if index.project is None and counts[1]:
        yield "entries are hidden from readers of the whole organisation, who may see every one"
    last = known.get(index.ledger_size - 1)
    if last is not None and index.period != (words := days_asked(index.parameters).words(moment(last.time))):
        yield f"it says that the period is {index.period!r}, expected {words!r}"
    listed, wanted = [one.sealed_in for one in index.reports], [leaf.seq for leaf in sealed]
    if listed != wanted:
        odd = min({*listed} ^ {*wanted}, default=wanted[0])
        yield f"it lists the reports sealed in entries {listed}, expected {wanted}: that in entry {odd} is out of place"
        return
    for one, leaf in zip(index.reports, sealed, strict=True):
        said = (one.report, one.kind, one.ledger_size, one.sealed_at, one.sha256)
        if said != (*(leaf.data.get(name) for name in ("report", "kind", "ledger_size")), leaf.time, leaf.data["file"]):
            yield f"it tells of the report sealed in entry {leaf.seq} otherwise than the entry does"
    if package.files[PAGE] != index.page():
        yield f"{PAGE} is not the page that follows from {INDEX}"
    if package.files[READ_ME] != READ_ME_TEXT.encode():
        yield f"{READ_ME} is not what packages of this version have"


def _report(
    one: Listed, leaf: Leaf, files: Mapping[str, bytes], root_fingerprint: str, elsewhere: Elsewhere
) -> CheckLine:
    """Return whether a report is there as it was sealed, and holds by itself."""
    kind, digest = leaf.data.get("kind"), leaf.data.get("file")
    if not one.file:
        if kind == PACKAGE:
            detail = f"sealed in entry {leaf.seq}, {digest}, is a package itself and left out"
            return CheckLine(REPORT, None, detail)
        return CheckLine(REPORT, False, f"sealed in entry {leaf.seq}, {digest}, is missing: {one.left_out[:200]!r}")
    content = files[one.file]
    if (canonical.sha256(content), len(content)) != (digest, one.size):
        detail = f"{one.file} has {canonical.sha256(content)}, the ledger’s entry {leaf.seq} says {digest}"
        return CheckLine(REPORT, False, detail)
    if kind == SAMPLE:
        detail = f"{one.file}, an audit sample, is as the ledger recorded it; draw it again with countersign sample"
        return CheckLine(REPORT, None, detail)
    # What was kept, and how old it may be, is asked of the package.
    found = verify_report(content, root_fingerprint, replace(elsewhere, checkpoints=(), consistency=(), least=None))
    if found.code:
        wrong = [line for line in found.checks if line.ok is False] or found.checks
        return CheckLine(REPORT, False, f"{one.file}: " + "; ".join(f"{line.name}: {line.detail}" for line in wrong))
    said = Evidence.from_bytes(read_attached(content).evidence).report
    if (said.kind, said.ledger_size) != (kind, leaf.data.get("ledger_size")):
        detail = f"is a {said.kind} as of {said.ledger_size}, the ledger’s entry {leaf.seq} says another"
        return CheckLine(REPORT, False, f"{one.file} {detail}")
    unseen = sum(line.ok is None for line in found.checks)
    holding = plural(sum(bool(line.ok) for line in found.checks), "check holds", "checks hold")
    detail = f"{one.file}, sealed in entry {leaf.seq}: {holding}, {count(unseen)} not shown by the file"
    return CheckLine(REPORT, True, detail)


def _histories(package: _Package, elsewhere: Elsewhere) -> Iterator[CheckLine]:
    """Yield whether the checkpoints of all reports, and those that were kept, are of one history with the package's."""
    ring = package.chain.last
    notes = dict[str, str]()
    for one in package.index.reports:
        if one.file.endswith(".pdf"):
            try:
                notes.setdefault(checkpoint_in(package.files[one.file]), one.file)
            except ValueError as error:
                yield CheckLine(REPORT, False, f"{one.file}: {error}")
    own = kept_lines(
        package.checkpoint,
        [Kept(name, note) for note, name in notes.items()],
        package.proofs,
        opened=lambda note: open_head(note, ring),
    )
    yield from (line for line in own if not line.ok)
    if own and all(line.ok for line in own):
        told_ = plural(len(own), "checkpoint", "checkpoints")
        detail = f"the {told_} that its reports hang on are of one history with the package’s"
        yield CheckLine("earlier reports", True, detail)
    yield from kept_lines(
        package.checkpoint,
        elsewhere.checkpoints,
        [*elsewhere.consistency, *package.proofs],
        opened=lambda note: open_head(note, ring),
    )
