"""Page one's exceptions, in the words that whoever verifies a report expects (`proof.words.running_text`)."""

from collections.abc import Iterator, Sequence

from governance.bodies import RETROSPECTIVE, WAIVER
from governance.proof.answers.inforce import Standing
from governance.proof.answers.standing_words import status
from governance.proof.formats import dsse
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import DOCUMENT_REVOKED, PERMIT_ISSUED, REFUSALS
from governance.proof.history.passkeys import REASONS, read
from governance.proof.sections.blocks import Notice
from governance.proof.words import running_text
from governance.proof.words.gravity import place
from governance.proof.words.running_text import FALLEN, named
from governance.registry import KINDS
from governance.reports import audit_findings
from governance.reports.gathered import Gathered, Paper
from governance.selectors.waivers import CLOSED


def exceptions(found: Gathered, numbered: Sequence[Paper]) -> tuple[Notice, ...]:
    """Return everything a reader must know first, the gravest before the others (`proof.words.gravity`).

    `numbered` are the documents that the report prints, in the order of their numbers: a receipt's are those signed.
    """
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
    see = {paper.digest: running_text.see(number) for number, paper in enumerate(numbered, start=1)}
    return tuple(sorted(notices, key=lambda one: place(one.label, one.text + see.get(one.link or "", ""))))


def _compromised(found: Gathered) -> Iterator[Notice]:
    """Yield what was signed with a key that was declared compromised by then: checking the file answers 1 for it."""
    ring = found.keyring
    signed = [
        (one.envelope, one.leaf.seq, running_text.signed_by_server(one.statement.predicate.printed_name))
        for one in found.signoffs
        if one.statement.predicate.passkey is None
    ]
    signed += [
        (permit.envelope, permit.story[0].seq, running_text.permit_of(permit.permit.number))
        for run in found.runs
        for permit in run.permits
    ]
    for envelope, seq, what in signed:
        entry = ring.entry(dsse.peek(envelope.encode()).keyid)
        if entry is not None and entry.compromised_at(seq):
            yield Notice("Compromised key", running_text.compromised(what, seq, entry.compromised_since))


def _fallen(found: Gathered) -> Iterator[Notice]:
    """Yield what was signed by a passkey that was revoked later, from before on: checking the file answers 1 for it."""
    known = read(found.leaves.values())
    for one in found.signoffs:
        said, leaf = one.statement.predicate, one.leaf
        history = known.get(said.passkey or "")
        back = history.reached(seq=leaf.seq, at=moment(leaf.time)) if history is not None else None
        if back is not None:
            text = running_text.passkey_fell(said.printed_name, leaf.seq, back.seq, REASONS[back.reason])
            yield Notice("Compromised passkey", text)


def _revoked(found: Gathered) -> Iterator[Notice]:
    for leaf in found.leaves.values():
        if leaf.event != DOCUMENT_REVOKED:
            continue
        reason = found.private(leaf).get("reason")
        for digest in leaf.subjects:
            paper = found.papers[digest]
            anew = paper.standing.standing is Standing.IN_FORCE
            which = named(paper.label, paper.title)
            text = running_text.revoked(which, leaf.seq, found.who(leaf.actor), reason, anew=anew)
            yield Notice("Revoked", text, _link(paper))


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
            by = [found.who(signed.signer) for signed in paper.standing.signatures]
            until = moment(body["expires_at"])
            text = running_text.waived(paper.title, body["checks"], by, until, body["reason"], body["risk"])
            yield Notice("Waived", text, _link(paper))
        due = moment(body["retrospective_due"])
        if paper.standing.since is not None and paper.digest not in looked_back and due <= found.time:
            yield Notice("Retrospective overdue", running_text.overdue(paper.title, due), _link(paper))


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
        standing, which = paper.standing.standing, named(paper.label, paper.title)
        if standing.value in FALLEN and standing is not Standing.REVOKED and not _aside(paper, found):
            text = running_text.stands(which, status(paper.standing))
            yield Notice(FALLEN[standing.value], text, _link(paper))
        for one in paper.standing.unmet:
            yield Notice("Condition not met", running_text.unmet(which, one.text), _link(paper))
        for fault in paper.standing.faults:
            yield Notice("Signature does not count", running_text.fault(which, fault), _link(paper))


def _aside(paper: Paper, found: Gathered) -> bool:
    """What was merely signed together, or asked for and not used, is another story; policies are overtaken in the
    ordinary course, and so are earlier versions that are told of for comparison.
    """
    return (
        paper.digest in found.overtaken
        or paper.why in (running_text.TOGETHER_ASIDE, running_text.WAIVER_ASIDE)
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
        yield Notice("Refused", running_text.refused(len(leaves), moment(leaves[-1].time)))


def _erased(found: Gathered) -> Iterator[Notice]:
    gone = [seq for seq, leaf in found.leaves.items() if leaf.commitment is not None and seq not in found.openings]
    if gone:
        yield Notice("Erased", running_text.erased(gone))


def _link(paper: Paper) -> str | None:
    return paper.digest if not paper.why else None
