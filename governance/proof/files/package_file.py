"""Verify an auditor's package: is every report that was sealed in its period there, as it was sealed, and true?

Nobody seals a package, and nobody needs to. Which reports there must be follows from the ledger's entries of the
period, which are there without a gap; each report is verified as by itself; the index is held against both.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from governance.proof.checks.checkpoints import open_head
from governance.proof.checks.elsewhere import NOTHING, Elsewhere
from governance.proof.checks.evidence import Evidence
from governance.proof.checks.failures import KIND as FAILURES
from governance.proof.checks.graph import read_leaves, read_period
from governance.proof.checks.kept_checkpoints import Kept, kept_lines
from governance.proof.checks.keyrings import published_lines
from governance.proof.checks.outcome import CheckLine, Verification, lines
from governance.proof.checks.periods import asked_lines, days_asked, period_lines
from governance.proof.files.attached import read_attached
from governance.proof.files.package_index import BESIDE, INDEX, KEPT_BACK, PAGE, READ_ME, READ_ME_TEXT, Index, Listed
from governance.proof.files.proved_zip import PERIOD, Proofs, beside, bytes_of, head_lines, held, in_full, proofs
from governance.proof.files.report_file import checkpoint_in, verify_report
from governance.proof.files.sample_file import size_of, verify_sample
from governance.proof.files.sample_index import KIND as SAMPLE
from governance.proof.formats import canonical
from governance.proof.formats.fields import moment, told
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.leaf import DOCUMENT_FROZEN, REPORT_SEALED, Leaf
from governance.proof.formats.zip_file import read_zip
from governance.proof.history.unreported import looked_at
from governance.proof.words import vocabulary
from governance.proof.words.printed import count, plural

PACKAGE, ORGANISATION = "audit-package", "organisation"
NAME, REPORT, LISTED, UNREPORTED = "package", "report", "index", "without report"
FEW = 10
"""documents without a report that a line names"""
_TRACES = (INDEX.encode(), PERIOD.encode())


@dataclass(frozen=True)
class _Package:
    """What a package has, read: its checkpoint and keyrings are signed, nothing else is checked."""

    index: Index
    files: Mapping[str, bytes]
    proofs: Proofs


def verify_package(package: Path | bytes, root_fingerprint: str | None, elsewhere: Elsewhere = NOTHING) -> Verification:
    """Return whether a package (a path, or the file's bytes) holds, trusting only `root_fingerprint`.

    Code 0: every report sealed in the period is there and holds. Code 1: one is missing or does not hold, or something
    else is not as it must be. Code 2: it could not be checked, as for `verify_report`. Code 3: its reports, or a
    checkpoint kept `elsewhere`, prove that the log signed two histories.
    """
    data = bytes_of(package, root_fingerprint)
    if isinstance(data, Verification):
        return data
    if root_fingerprint is None or not all(name in data for name in _TRACES):
        return Verification.impossible("file", "found a ZIP that is neither an auditor’s package nor an audit sample")
    try:
        files = read_zip(data)
        index = Index.from_bytes(files.pop(INDEX, b""))
        if problems := [*beside(files, index.files, BESIDE), *_unlisted(files, index)]:
            return Verification.of([CheckLine(NAME, False, problem) for problem in problems])
        opened = _Package(index, files, proofs(files, index.ledger_size, root_fingerprint, elsewhere))
    except ValueError as error:
        return Verification.of([CheckLine(NAME, False, told(error))])
    except SignatureError as error:
        return Verification.of([CheckLine("keyring", False, str(error))])
    made = chain([held(NAME, len(files))], _lines(opened, root_fingerprint, elsewhere))
    return in_full(NAME, made, "package")


def _unlisted(files: Mapping[str, bytes], index: Index) -> Iterator[str]:
    inside = sorted(files.keys() - BESIDE)
    listed = sorted(one.file for one in index.reports if one.file)
    if inside != listed:
        odd = min({*inside} ^ {*listed}, default="a report")
        yield f"{odd} is not there once and listed once, as each report must be"


def _lines(package: _Package, root_fingerprint: str, elsewhere: Elsewhere) -> Iterator[CheckLine]:
    index, given = package.index, package.proofs
    yield from head_lines(given, root_fingerprint, elsewhere, "a package")
    inside, problems = read_period(given.period, given.checkpoint)
    around, others = read_leaves(given.around, given.checkpoint)
    yield from period_lines(given.period, [*problems, *others])
    if problems or others:
        yield CheckLine(REPORT, None, "not looked at: which there must be does not show")
        return
    yield from asked_lines(index, given.period, {**around, **inside})
    yield from published_lines(given.chain, {**around, **inside})
    own = [leaf for leaf in inside.values() if index.project in (None, leaf.project)]
    sealed = [leaf for leaf in own if leaf.event == REPORT_SEALED]
    told_ = f"{plural(len(sealed), 'report was', 'reports were')} sealed in the period, as it says, none left out"
    yield from lines(LISTED, _index_problems(package, sealed, {**around, **inside}), told_)
    yield from _without_report(index, own, sealed)
    for one, leaf in zip(index.reports, sealed, strict=False):
        yield _report(one, leaf, package.files, root_fingerprint, elsewhere)
    yield from _histories(package, elsewhere)
    detail = "server-attested: what it is about, and what reports are called and about, in the words of the index"
    yield CheckLine(LISTED, None, detail)


def _index_problems(package: _Package, sealed: Sequence[Leaf], known: Mapping[int, Leaf]) -> Iterator[str]:
    """Yield what the index says otherwise than the ledger, and its page and the notes otherwise than they follow."""
    index, period = package.index, package.proofs.period
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


def _without_report(index: Index, own: Sequence[Leaf], sealed: Sequence[Leaf]) -> Iterator[CheckLine]:
    """Yield what no report is on, found again from the period's entries, and whether the index says the same."""
    frozen = [leaf for leaf in own if leaf.event == DOCUMENT_FROZEN]
    there = {one.sealed_in for one in index.reports if one.file}
    looked = looked_at(frozen, [leaf for leaf in sealed if leaf.seq in there], index.wanted)
    lacking = [leaf for leaf, reported in looked if not reported]
    of = f"{len(lacking)} of {plural(len(looked), 'document', 'documents')} frozen in the period"
    problems = [*_not_looked_for(index, frozen)]
    told_ = [(one.digest, one.kind, one.frozen_in, one.frozen_at) for one in index.unreported]
    if (index.looked_at, told_) != (
        len(looked),
        [(leaf.subjects[0], leaf.data["kind"], leaf.seq, leaf.time) for leaf in lacking],
    ):
        said, found = ([one.frozen_in for one in index.unreported], [leaf.seq for leaf in lacking])
        problems.append(f"it tells of {len(said)} of {index.looked_at}, entries {said}; expected {of}, entries {found}")
    if problems or not lacking:
        kinds = ", ".join(one.called for one in index.looked_for) or "no kind"
        yield from lines(UNREPORTED, problems, f"{of}, looked for: {kinds}")
    else:
        named = "; ".join(f"{leaf.data['kind']} {leaf.subjects[0]}, entry {leaf.seq}" for leaf in lacking[:FEW])
        more = f" and {len(lacking) - FEW} more" if len(lacking) > FEW else ""
        yield CheckLine(UNREPORTED, None, f"no report in it is on {of}: {named}{more}")


def _not_looked_for(index: Index, frozen: Sequence[Leaf]) -> Iterator[str]:
    known = {name: kind.wanted for name, kind in vocabulary.kinds().items() if kind.wanted}
    for name in sorted({str(leaf.data.get("kind")) for leaf in frozen} & known.keys()):
        if index.wanted.get(name) != known[name]:
            yield f"on documents of the kind {name} it looks for {index.wanted.get(name)}, expected {dict(known[name])}"


def _report(
    one: Listed, leaf: Leaf, files: Mapping[str, bytes], root_fingerprint: str, elsewhere: Elsewhere
) -> CheckLine:
    """Return whether a report is there as it was sealed, and holds by itself."""
    kind, digest = leaf.data.get("kind"), leaf.data.get("file")
    if not one.file:
        if kind == PACKAGE:
            detail = f"sealed in entry {leaf.seq}, {digest}, is a package itself and left out"
            return CheckLine(REPORT, None, detail)
        if kind == FAILURES:
            detail = f"sealed in entry {leaf.seq}, {digest}, is left out: {KEPT_BACK}; ask for it by itself"
            return CheckLine(REPORT, None, detail)
        return CheckLine(REPORT, False, f"sealed in entry {leaf.seq}, {digest}, is missing: {one.left_out[:200]!r}")
    content = files[one.file]
    if (canonical.sha256(content), len(content)) != (digest, one.size):
        detail = f"{one.file} has {canonical.sha256(content)}, the ledger’s entry {leaf.seq} says {digest}"
        return CheckLine(REPORT, False, detail)
    # What was kept, and how old it may be, is asked of the package.
    verify = verify_sample if kind == SAMPLE else verify_report
    found = verify(content, root_fingerprint, replace(elsewhere, checkpoints=(), consistency=(), least=None))
    if found.code:
        wrong = [line for line in found.checks if line.ok is False] or found.checks
        return CheckLine(REPORT, False, f"{one.file}: " + "; ".join(f"{line.name}: {line.detail}" for line in wrong))
    said, subject = ((SAMPLE, size_of(content)), "") if kind == SAMPLE else _told(content)
    if said != (kind, leaf.data.get("ledger_size")):
        detail = f"is a {said[0]} as of {said[1]}, the ledger’s entry {leaf.seq} says another"
        return CheckLine(REPORT, False, f"{one.file} {detail}")
    # By its entry a report is counted as one on a document, so it must be on that.
    if subject and subject not in ([one for one in leaf.subjects if not one.startswith("report:")] or [ORGANISATION]):
        return CheckLine(REPORT, False, f"{one.file} is on {subject}, the ledger’s entry {leaf.seq} says another")
    unseen = sum(line.ok is None for line in found.checks)
    holding = plural(sum(bool(line.ok) for line in found.checks), "check holds", "checks hold")
    detail = f"{one.file}, sealed in entry {leaf.seq}: {holding}, {count(unseen)} not shown by the file"
    return CheckLine(REPORT, True, detail)


def _told(content: bytes) -> tuple[tuple[str, int], str]:
    said = Evidence.from_bytes(read_attached(content).evidence).report
    return (said.kind, said.ledger_size), said.subject


def _histories(package: _Package, elsewhere: Elsewhere) -> Iterator[CheckLine]:
    """Yield whether the checkpoints of all reports, and those that were kept, are of one history with the package's."""
    given = package.proofs
    ring = given.chain.last
    notes = dict[str, str]()
    for one in package.index.reports:
        if one.file.endswith(".pdf"):
            try:
                notes.setdefault(checkpoint_in(package.files[one.file]), one.file)
            except ValueError as error:
                yield CheckLine(REPORT, False, f"{one.file}: {error}")
    own = kept_lines(
        given.checkpoint,
        [Kept(name, note) for note, name in notes.items()],
        given.consistency,
        opened=lambda note: open_head(note, ring),
    )
    yield from (line for line in own if not line.ok)
    if own and all(line.ok for line in own):
        told_ = plural(len(own), "checkpoint", "checkpoints")
        detail = f"the {told_} that its reports hang on are of one history with the package’s"
        yield CheckLine("earlier reports", True, detail)
    yield from kept_lines(
        given.checkpoint,
        elsewhere.checkpoints,
        [*elsewhere.consistency, *given.consistency],
        opened=lambda note: open_head(note, ring),
    )
