"""Findings of auditors: raised, answered, handed over, closed. The rules are in `proof.history.audit_findings`."""

from datetime import datetime

from governance import access, events
from governance.errors import Denied, Finding, Invalid, Refused
from governance.models import AuditFinding, Project, User
from governance.proof.formats.fields import rfc3339
from governance.proof.history import audit_findings as rules
from governance.selectors import audit_findings as select
from governance.services import announcements
from governance.services.ledger import Mutation, mutation

LONGEST = 10_000
PLACE = 300


def raise_finding(
    *, actor: User, record: select.Record, text: str, severity: str, owner: User, due: datetime, place: str = ""
) -> AuditFinding:
    """Pin a finding to a record; `owner` is asked to answer it by `due`.

    `place` says where in the record, such as "thresholds[2]" or "line 17".

    Raises:
        Invalid: no words, an unknown severity, a day that is over, or an owner who cannot be one.
    """
    said = _text(text)
    if severity not in rules.SEVERITIES:
        raise Invalid("severity", f"found {severity!r}, expected one of {', '.join(rules.SEVERITIES)}")
    if len(place) > PLACE:
        raise Invalid("place", f"found {len(place)} characters, expected at most {PLACE}")
    with mutation(actor=actor, action="finding.raise", project=record.project, subjects=[record.subject]) as m:
        if due <= m.time:
            raise Invalid("due", "found a time that is over, expected a day to come")
        if owner.pk == actor.pk:
            raise Invalid("owner", "nobody answers for what they found themselves; name somebody else")
        _require_eligible(owner, record.project, "owner")
        row = AuditFinding(
            record=record.subject, document=record.document, project=record.project, by=actor, at=m.time, seq=m.size
        )
        m.append(
            events.FINDING_RAISED,
            subjects=[f"{rules.SUBJECT}{row.id}", record.subject],
            data={"finding": str(row.id), "severity": severity, "owner": owner.actor, "due": rfc3339(due)},
            private={"text": said, "place": place.strip()},
        )
        row.save()
        announcements.finding_given(m, row, owner, due, actor)
        return row


def answer(*, actor: User, finding: select.Finding, text: str) -> None:
    """Answer a finding: its owner alone does, as often as needed while it is open.

    Raises:
        Invalid: no words. Denied: somebody else answers for it. Refused: it is closed.
    """
    said = _text(text)
    project, about = finding.row.project, _subjects(finding)
    with mutation(actor=actor, action="finding.answer", project=project, subjects=about) as m:
        told = _now(finding)
        if refused := rules.cannot_answer(told, actor.actor):
            raise _no(told, refused, "its owner", "Leave it to its owner, or have it handed over to you.")
        m.append(events.FINDING_ANSWERED, subjects=about, data={"finding": told.identifier}, private={"text": said})
        announcements.finding_answered(m, finding)


def hand_over(*, actor: User, finding: select.Finding, to: User) -> None:
    """Give an open finding to another owner: its owner can, or an owner of the project. Its due date stays.

    Raises:
        Invalid: a person who cannot own it. Denied: it is somebody else's.
    """
    project, about = finding.row.project, _subjects(finding)
    with mutation(actor=actor, action="finding.hand_over", project=project, subjects=about) as m:
        told = _now(finding)
        if actor.actor != told.owner and access.OWNER not in access.roles_of(actor, finding.row.project):
            raise _no(
                told, "the finding is somebody else's", "its owner, or an owner of the project", "Ask one of them."
            )
        handed(m, finding, to, by=actor)


def handed(m: Mutation, finding: select.Finding, to: User, *, by: User) -> None:
    """Hand a finding over within an open mutation."""
    told = _now(finding)
    if refused := rules.cannot_hand_over(told, to.actor):
        raise Invalid("to", f"{to}: {refused}")
    _require_eligible(to, finding.row.project, "to")
    m.append(events.FINDING_HANDED_OVER, subjects=_subjects(finding), data={"finding": told.identifier, "to": to.actor})
    announcements.finding_given(m, finding.row, to, told.due, by)


def close(*, actor: User, finding: select.Finding, outcome: str, text: str) -> None:
    """Close a finding: an auditor does who never owned or answered it; `text` says what was looked at.

    Raises:
        Invalid: an unknown outcome or no words. Denied: the actor owned or answered it.
        Refused: it is closed, or nobody answered it and it is not unfounded.
    """
    said = _text(text)
    if outcome not in rules.OUTCOMES:
        raise Invalid("outcome", f"found {outcome!r}, expected one of {', '.join(rules.OUTCOMES)}")
    project, about = finding.row.project, _subjects(finding)
    with mutation(actor=actor, action="finding.close", project=project, subjects=about) as m:
        told = _now(finding)
        if refused := rules.cannot_close(told, actor.actor, outcome):
            expected = "an open finding that was answered, and an auditor without a hand in it"
            raise _no(told, refused, expected, "Wait for the answer, or leave it to another auditor.")
        m.append(
            events.FINDING_CLOSED,
            subjects=about,
            data={"finding": told.identifier, "outcome": outcome},
            private={"text": said},
        )
        announcements.finding_closed(m, finding, outcome)


def _now(finding: select.Finding) -> rules.Told:
    """Return how a finding stands now that the ledger is locked."""
    (fresh,) = select.told(AuditFinding.objects.filter(pk=finding.row.pk))
    return fresh.told


def _subjects(finding: select.Finding) -> list[str]:
    return [f"{rules.SUBJECT}{finding.row.pk}", finding.row.record]


def _no(told: rules.Told, found: str, expected: str, remedy: str) -> Refused:
    refused = Refused if told.closing is not None else Denied
    return refused(Finding("finding", found, expected, remedy, access.ROLES[access.AUDITOR]))


def _text(text: str) -> str:
    said = text.strip()
    if not said or len(said) > LONGEST:
        raise Invalid("text", f"found {len(said)} characters, expected 1 to {LONGEST}")
    return said


def _require_eligible(person: User, project: Project | None, field: str) -> None:
    if not select.eligible(person, project):
        raise Invalid(field, f"{person} has no role here that answers for anything; auditors do not")
