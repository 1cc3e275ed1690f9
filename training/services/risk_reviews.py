"""What an assessment sets going: reviews of base models whose dates or bands changed, and notices to who must act."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.urls import reverse

from governance import notice_kinds
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.models import Document
from governance.selectors import duties, policies
from governance.services import notices, reviews
from training.reports import PHASES
from training.risk_bodies import BaseRow, RiskAssessmentBody
from training.selectors import probes
from training.selectors import risk as select

DUE = "lifecycle_review"
ORDER = ("green", "unknown", "amber", "red")


def open_all(assessment: Document, before: RiskAssessmentBody | None, at: datetime) -> int:
    """Open a review of each base model of which something changed since the assessment before; return how many.

    A model whose document is in force has it reviewed by its signers until a day, or its sign-off lapses. Owners and
    compliance officers are told of every change, in force or not. Safe to repeat: an assessment does each once.
    """
    said = select.body(assessment)
    opened = 0
    due = at + timedelta(days=policies.period(DUE))
    found = changes(said, before)
    documents = Document.objects.select_related("project", "series").in_bulk(list(found))
    for digest, reasons in found.items():
        text = "; ".join(reasons)
        opened += reviews.open_by_event(
            document=documents[digest], trigger="base_model_change", since=assessment.seq, due=due, reason=text
        )
        _tell(documents[digest], assessment, text, at)
    return opened


def changes(said: RiskAssessmentBody, before: RiskAssessmentBody | None) -> dict[str, list[str]]:
    """Return what changed of each base model, in words, by its digest; nothing on the first assessment."""
    if before is None:
        return {}
    found: dict[str, list[str]] = defaultdict(list)
    for one in said.moved:
        what = f"{PHASES.get(one.phase, one.phase)} on {one.channel}"
        if one.first:
            found[one.base].append(f"{one.source} announced the end of {what}: {one.now}")
        elif one.now is None:
            found[one.base].append(f"{one.source} names no day for the end of {what} any more (it was {one.before})")
        else:
            found[one.base].append(f"{one.source} moved the end of {what} from {one.before or 'no day'} to {one.now}")
    earlier = {row.digest: row for row in before.bases}
    for row in said.bases:
        if row.digest in earlier and _worse(row, earlier[row.digest]):
            found[row.digest].append(
                f"its risk went from {earlier[row.digest].band} to {row.band}: {row.because[0].rstrip('.')}"
            )
    known = {row.digest for row in said.bases}
    for base, result, finding in probes.changed(said.ledger_size):
        if base in known and result.seq >= before.ledger_size:
            found[base].append(finding)
    return dict(found)


def _worse(row: BaseRow, earlier: BaseRow) -> bool:
    return ORDER.index(row.band) > ORDER.index(earlier.band) and bool(row.because)


def _tell(base: Document, assessment: Document, text: str, at: datetime) -> None:
    held = duties.holders((OWNER, COMPLIANCE_OFFICER), None)
    notices.keep(
        {user.pk: user for users in held.values() for user in users}.values(),
        notice_kinds.CONTINUITY,
        about=f"base:{base.digest.removeprefix('sha256:')[:32]}",
        occasion=str(assessment.seq),
        subject=f"Something changed about {base.title}",
        text=f"{text[0].upper()}{text[1:]}.",
        link=reverse("retirement-base", args=[base.digest]),
        at=at,
    )
