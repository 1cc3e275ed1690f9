"""Page one's exceptions, and what a report proves and does not prove."""

from collections.abc import Iterator

from governance.bodies import RETROSPECTIVE, WAIVER
from governance.inforce import Standing
from governance.proof import dsse
from governance.proof.fields import moment
from governance.proof.leaf import DOCUMENT_REVOKED, PERMIT_ISSUED, REFUSALS
from governance.proof.passkey_history import REASONS, read
from governance.proof.printed import day
from governance.registry import KINDS
from governance.reports import audit_findings, words
from governance.reports.gathered import TOGETHER, Gathered, Paper
from governance.reports.gathered import WAIVER as WAIVER_ASIDE
from governance.reports.model import Notice
from governance.reports.standing_words import status
from governance.selectors.waivers import CLOSED

LABELS = {
    Standing.REVOKED: "Revoked",
    Standing.EXPIRED: "Expired",
    Standing.LAPSED: "Lapsed",
    Standing.COMPROMISED: "Compromised key",
    Standing.RAN_OUT: "Not signed in time",
    Standing.SUPERSEDED: "Overtaken",
    Standing.PENDING: "Signatures missing",
    Standing.NOT_REQUESTED: "Not signed",
    Standing.REJECTED: "Rejected",
    Standing.WITHDRAWN: "Request withdrawn",
}
ORDER = (
    "Compromised key",
    "Compromised passkey",
    "Revoked",
    "Waived",
    "Retrospective overdue",
    "Lapsed",
    "Open finding",
    "Condition not met",
    "Expired",
    "Rejected",
    "Verdict",
    "Not signed",
    "Signatures missing",
)

PROVES = (
    "Every document is, byte for byte, what its digest names, and refers to the others as drawn.",
    "Each signature was made over those digests: by the signer’s passkey, or under a key of the keyring.",
    "Every ledger entry listed is in the ledger at the checkpoint on every page, in that order.",
    "Permits bind each run to its specification, input files and the decisions it relied on.",
)
DOES_NOT_PROVE = (
    "That nothing else happened, such as a later revocation: only the complete leaf file shows that.",
    "That a training machine did what it reported: what a runner sends is server-received.",
    "Who sat at the keyboard: “server-attested” is the server’s word, a passkey its holder’s device.",
    "With every key stolen, anything after the last checkpoint that left the organisation.",
)


def exceptions(found: Gathered) -> tuple[Notice, ...]:
    """Return everything a reader must know first, the gravest before the others."""
    notices = [
        *_compromised(found),
        *_fallen(found),
        *_revoked(found),
        *_waived(found),
        *_standings(found),
        *_kinds(found),
        *audit_findings.exceptions(found),
        *_refused(found),
        *_erased(found),
    ]
    rank = {label: place for place, label in enumerate(ORDER)}
    return tuple(sorted(notices, key=lambda notice: rank.get(notice.label, len(ORDER))))


def _compromised(found: Gathered) -> Iterator[Notice]:
    """Yield what was signed with a key that was declared compromised by then: checking the file answers 1 for it."""
    ring = found.keyring
    signed = [
        (one.envelope, one.leaf.seq, f"The sign-off by {one.statement.predicate.printed_name} in ledger entry")
        for one in found.signoffs
        if one.statement.predicate.passkey is None
    ]
    signed += [
        (permit.envelope, permit.story[0].seq, f"The permit of attempt {permit.permit.number} in ledger entry")
        for run in found.runs
        for permit in run.permits
    ]
    for envelope, seq, what in signed:
        entry = ring.entry(dsse.peek(envelope.encode()).keyid)
        if entry is not None and entry.compromised_at(seq):
            since = f"declared compromised since ledger size {entry.compromised_since}"
            yield Notice(
                "Compromised key",
                f"{what} {seq} was signed with a key {since}. It does not count; checking this file answers 1.",
            )


def _fallen(found: Gathered) -> Iterator[Notice]:
    """Yield what was signed by a passkey that was revoked later, from before on: checking the file answers 1 for it."""
    known = read(found.leaves.values())
    for one in found.signoffs:
        said, leaf = one.statement.predicate, one.leaf
        history = known.get(said.passkey or "")
        back = history.reached(seq=leaf.seq, at=moment(leaf.time)) if history is not None else None
        if back is not None:
            yield Notice(
                "Compromised passkey",
                f"The sign-off by {said.printed_name} in ledger entry {leaf.seq} was signed by a passkey that ledger "
                f"entry {back.seq} revoked from before then on: {REASONS[back.reason]}. It does not count; checking "
                "this file answers 1.",
            )


def _revoked(found: Gathered) -> Iterator[Notice]:
    for leaf in found.leaves.values():
        if leaf.event != DOCUMENT_REVOKED:
            continue
        reason = found.private(leaf).get("reason")
        for digest in leaf.subjects:
            paper = found.papers[digest]
            anew = "; it was signed anew since" if paper.standing.standing is Standing.IN_FORCE else ""
            words_ = f"by {found.who(leaf.actor)}: “{reason}”" if reason else f"by {found.who(leaf.actor)}"
            yield Notice(
                "Revoked",
                f"The sign-off of the {paper.label} “{paper.title}” was revoked in ledger entry {leaf.seq}, "
                f"{words_}{anew}. Checking this file answers 1 wherever something here was signed before that.",
                _link(paper),
            )


def _waived(found: Gathered) -> Iterator[Notice]:
    """Checks that were red when something of the lineage was done: who let them be, why, until when, and what followed.

    A waiver was used when a permit rested on it, or when what was made under it names it.
    """
    waivers = [paper for paper in found.papers.values() if paper.row.kind == WAIVER]
    used = used_waivers(found)
    looked_back = {
        link.digest
        for paper in found.papers.values()
        if paper.row.kind == RETROSPECTIVE and paper.standing.standing in CLOSED
        for link in paper.envelope.references
    }
    for paper in waivers:
        body = paper.body
        if paper.digest in used:
            by = " and ".join(found.who(signed.signer) for signed in paper.standing.signatures)
            checks = ", ".join(check.replace("_", " ") for check in body["checks"])
            yield Notice(
                "Waived",
                f"It went on although these checks may have been red: {checks}. By the waiver “{paper.title}”, signed "
                f"by {by or 'nobody whose signature counts'}, until {day(moment(body['expires_at']))}: "
                f"“{body['reason']}” Risk accepted: “{body['risk']}”",
                _link(paper),
            )
        due = moment(body["retrospective_due"])
        if paper.standing.since is not None and paper.digest not in looked_back and due <= found.time:
            text = f"No retrospective on the waiver “{paper.title}” was signed by {day(due)}, when it was due."
            yield Notice("Retrospective overdue", text, _link(paper))


def used_waivers(found: Gathered) -> set[str]:
    """Return the digests of the waivers that something of the lineage rested on."""
    permitted = {
        digest
        for leaf in found.leaves.values()
        if leaf.event == PERMIT_ISSUED
        for digest in leaf.data.get("waivers", ())
    }
    named = {link.digest for p in found.lineage for link in p.envelope.references if link.role == "waiver"}
    return permitted | {digest for digest in named if digest in found.papers}


def _standings(found: Gathered) -> Iterator[Notice]:
    for paper in found.papers.values():
        standing = paper.standing.standing
        if standing in LABELS and standing is not Standing.REVOKED and not _aside(paper, found):
            yield Notice(
                LABELS[standing], f"The {paper.label} “{paper.title}” is {status(paper.standing)}.", _link(paper)
            )
        for one in paper.standing.unmet:
            yield Notice("Condition not met", f"The {paper.label} “{paper.title}”: {one.text}", _link(paper))
        for fault in paper.standing.faults:
            yield Notice("Signature does not count", f"On the {paper.label} “{paper.title}”: {fault}.", _link(paper))


def _aside(paper: Paper, found: Gathered) -> bool:
    """What was merely signed together, or asked for and not used, is another story; policies are overtaken in the
    ordinary course, and so are earlier versions that are told of for comparison.
    """
    return (
        paper.digest in found.overtaken
        or paper.why in (TOGETHER, WAIVER_ASIDE)
        or (bool(paper.why) and paper.standing.standing is Standing.SUPERSEDED)
    )


def _kinds(found: Gathered) -> Iterator[Notice]:
    for paper in found.lineage:
        if paper.digest in found.overtaken:
            continue
        kind = KINDS[paper.row.kind]
        for notice in (*kind.notices(paper.row, paper.body), *kind.since(paper.row, paper.body, found.size)):
            yield Notice(notice.label, notice.text, paper.digest)


def _refused(found: Gathered) -> Iterator[Notice]:
    leaves = [leaf for leaf in found.leaves.values() if leaf.event in REFUSALS]
    if leaves:
        acts = words.plural(len(leaves), "act was", "acts were")
        last = day(moment(leaves[-1].time))
        text = f"{acts} refused on these documents or on others that rest on them, the last on {last}; see Refusals."
        yield Notice("Refused", text)


def _erased(found: Gathered) -> Iterator[Notice]:
    gone = [seq for seq, leaf in found.leaves.items() if leaf.commitment is not None and seq not in found.openings]
    if gone:
        which = ", ".join(map(str, gone))
        yield Notice("Erased", f"The private parts of ledger entries {which} were erased; their commitments remain.")


def _link(paper: Paper) -> str | None:
    return paper.digest if not paper.why else None
