"""The offline verifier: does a report's evidence hold, trusting one fingerprint that was obtained elsewhere?

It needs no network, no database and no server. What evidence cannot show, such as that nothing was revoked, is said in
lines whose `ok` is None ("server-attested"), never passed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from governance.proof.checks.checkpoints import (
    check_time_stamps,
    check_witnesses,
    open_head,
    read_checkpoint,
    retired_lines,
)
from governance.proof.checks.elsewhere import NOTHING, Elsewhere
from governance.proof.checks.evidence import Evidence, ReportFacts
from governance.proof.checks.facts import Facts
from governance.proof.checks.failures import failure_lines
from governance.proof.checks.graph import (
    opening_problems,
    read_documents,
    read_leaves,
    read_ledger,
    read_period,
    reference_problems,
    unfrozen,
)
from governance.proof.checks.kept_checkpoints import earlier_lines, kept_lines
from governance.proof.checks.keyrings import KeyringChain, keyring_lines, published_lines, read_keyrings
from governance.proof.checks.outcome import CheckLine, Verification, lines
from governance.proof.checks.periods import days_lines, period_lines
from governance.proof.checks.permits import check_permits
from governance.proof.checks.qualification import findings_lines
from governance.proof.checks.registers import register_lines
from governance.proof.checks.results import result_lines
from governance.proof.checks.second_key import second_lines
from governance.proof.checks.signatures import Facts as Proved
from governance.proof.checks.signatures import (
    check_counters,
    check_names,
    check_passkeys,
    check_presented,
    check_revocations,
    check_signoffs,
)
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.checkpoint import Checkpoint
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.fields import moment
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.leaf import Leaf
from governance.proof.history import passkeys
from governance.proof.history import roles as role_history
from governance.proof.words.printed import plural, utc

__all__ = ["AGE", "CheckLine", "Examined", "Verification", "examine", "verify_evidence"]

AGE = "age"


@dataclass(frozen=True)
class Examined:
    """What was checked, and the facts that the pages must tell; None where checking ended before there were any."""

    lines: list[CheckLine]
    facts: Facts | None = None


def verify_evidence(evidence: bytes, root_fingerprint: str, elsewhere: Elsewhere = NOTHING) -> list[CheckLine]:
    """Return a line for everything checked in `evidence`, the bytes of a report's attachment.

    `root_fingerprint` ("sha256:…") is the published one of the root key. Nothing is raised for bad evidence: a line
    with `ok` False says what was found. Checking stops early where nothing further could be trusted.
    """
    return examine(evidence, root_fingerprint, elsewhere).lines


def examine(evidence: bytes | Evidence, root_fingerprint: str, elsewhere: Elsewhere = NOTHING) -> Examined:
    """Return what `verify_evidence` does, and the facts that follow from the evidence."""
    try:
        parsed = evidence if isinstance(evidence, Evidence) else Evidence.from_bytes(evidence)
        return _examined(parsed, root_fingerprint, elsewhere)
    except NotCanonical as error:
        return Examined([CheckLine("evidence", False, str(error))])
    except MemoryError:
        raise
    # Evidence is by whoever sends the file, and whoever has the keys can put anything into it.
    except Exception as error:  # noqa: BLE001
        detail = f"it cannot be checked, as no evidence of ours is made so ({type(error).__name__}: {error})"
        return Examined([CheckLine("evidence", False, detail)])


def _examined(parsed: Evidence, root_fingerprint: str, elsewhere: Elsewhere) -> Examined:
    report = parsed.report
    result = [CheckLine("evidence", True, f"{report.kind} of {report.subject} as of ledger size {report.ledger_size}")]
    try:
        chain = read_keyrings(parsed, root_fingerprint, elsewhere.keyrings)
    except SignatureError as error:
        return Examined([*result, CheckLine("keyring", False, str(error))])
    result += keyring_lines(chain, root_fingerprint)
    try:
        checkpoint = read_checkpoint(parsed, chain.last)
    except SignatureError as error:
        return Examined([*result, CheckLine("checkpoint", False, str(error))])
    detail = f"{checkpoint.origin} signed root {checkpoint.root.hex()} at size {checkpoint.size}"
    result += [
        CheckLine("checkpoint", True, detail),
        *retired_lines(parsed, chain.last),
        check_witnesses(parsed, chain.last, checkpoint, elsewhere.witnesses),
        *second_lines(parsed.checkpoint, checkpoint, elsewhere.second_key),
        *check_time_stamps(parsed, chain.last, checkpoint, elsewhere.authorities),
    ]
    content, lines_ = _content_lines(parsed, chain, checkpoint, elsewhere)
    # The pages tell of the keyring that the report carries, whatever newer one its reader has.
    own = chain.rings[len(parsed.keyrings) - 1]
    # And of the first root, whichever of those that handed over its reader trusts.
    first = chain.rings[0].root.key.fingerprint
    facts = Facts(parsed, checkpoint.root.hex(), first, own, content.documents, content.leaves, content.around)
    return Examined([*result, *lines_], facts)


def age_lines(report: ReportFacts, leaves: Mapping[int, Leaf], least: int | None) -> list[CheckLine]:
    """Return what is to be said of the moment that a report tells of: its last entry's, and whether that is too old.

    An old report is true of its time. Whoever hands it out as the newest is found out by `least`, the ledger size that
    its reader was told elsewhere, or by reading the time.
    """
    last, time = leaves.get(report.ledger_size - 1), utc(report.created_at)
    if last is None and (report.kind == "receipt" or report.subject == "organisation"):
        # A receipt's last entry is the one that asked for it; a reader of the organisation's reports may see every one.
        detail = f"its last ledger entry, which would show that it is of {time}, is not included"
        result = [CheckLine(AGE, False, detail)]
    elif last is None:
        detail = f"server-attested: of {time}; its last ledger entry is not included, which would show it"
        result = [CheckLine(AGE, None, detail)]
    elif moment(last.time) != moment(report.created_at):
        detail = f"the report says {report.created_at}, its last ledger entry {last.seq} is of {last.time}"
        result = [CheckLine(AGE, False, detail)]
    else:
        result = [CheckLine(AGE, True, f"of {time}, the time of its last ledger entry; it tells nothing later")]
    if least is not None and report.ledger_size < least:
        detail = f"found a report as of {report.ledger_size} ledger entries, expected {least} or more: ask for a newer"
        result.append(CheckLine(AGE, False, detail))
    return result


@dataclass(frozen=True)
class _Content:
    """What was proved of the evidence's content: documents, entries that pages tell of, entries around the period."""

    documents: dict[str, Envelope]
    leaves: dict[int, Leaf]
    around: dict[int, Leaf]


def _content_lines(
    evidence: Evidence, chain: KeyringChain, checkpoint: Checkpoint, elsewhere: Elsewhere
) -> tuple[_Content, list[CheckLine]]:
    documents, problems = read_documents(evidence)
    some = plural(len(documents), "document has the digest it is", "documents have the digests they are")
    result = lines("documents", problems, f"{some} named by" if documents else "it holds none, and tells of none")
    problems = reference_problems(evidence, documents)
    if documents or problems:
        result += lines("references", problems, "every reference leads to a document that is included")
    leaves, problems = read_leaves(evidence.leaves, checkpoint)
    around, others = read_leaves(evidence.around, checkpoint)
    told = plural(len({**around, **leaves}), "event is", "events are")
    result += lines("ledger", [*problems, *others], f"{told} in the ledger at size {checkpoint.size}")
    period, problems = read_period(evidence.period, checkpoint)
    proven = {**around, **leaves, **period}
    result += [*age_lines(evidence.report, proven, elsewhere.least), *period_lines(evidence.period, problems)]
    result += [] if problems else days_lines(evidence, proven)
    result += register_lines(evidence, proven)
    tree = ledger = None
    if evidence.ledger is not None:
        tree, ledger, problems = read_ledger(evidence, checkpoint)
        result += lines("leaf file", problems, f"all {tree.size} ledger entries lead to the checkpoint's root")
        # Without its root a leaf file proves no absence and no earlier state.
        tree, ledger = (None, None) if problems else (tree, ledger)
    result += earlier_lines(checkpoint, evidence.earlier)
    result += kept_lines(
        checkpoint,
        elsewhere.checkpoints,
        [*elsewhere.consistency, *evidence.earlier],
        opened=lambda note: open_head(note, chain.last),
        tree=tree,
    )
    problems = opening_problems(evidence, {**period, **leaves})
    result += lines("private parts", problems, plural(len(evidence.openings), "matches the ledger", "match the ledger"))
    result += published_lines(chain, proven if ledger is None else {leaf.seq: leaf for leaf in ledger})
    shown = {**period, **leaves}
    known = list(shown.values()) if ledger is None else ledger
    if documents:
        frozen = "the ledger tells of each that it was frozen"
        result += lines("documents", unfrozen(documents, known), frozen)
    roles = role_history.read(known)
    proved = Proved(chain.last, documents, shown, tree, passkeys.read(known, roles), roles)
    signoffs, signoff_lines = check_signoffs(evidence, proved)
    result += [*signoff_lines, *check_names(evidence, signoffs, proven.values()), *check_permits(evidence, proved)]
    result += [*check_passkeys(signoffs, ledger), *check_counters(signoffs), *check_presented(evidence, signoffs)]
    result += [*result_lines(evidence, documents, shown), *findings_lines(evidence, shown)]
    result += failure_lines(evidence, documents)
    result.append(check_revocations(signoffs, ledger, list(proven.values())))
    detail = (
        "server-attested: what pages say is in force is held to the policies in the evidence; that these are the ones "
        "of the project’s tier, and that no condition or review ended a sign-off, was decided by the server"
    )
    return _Content(documents, shown, around), [*result, CheckLine("quorum", None, detail)]
