"""What an assessment sets going: reviews of base models whose dates or bands changed, and notices to who must act."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from governance import notice_kinds
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.models import Document
from governance.proof.answers.inforce import Standing
from governance.proof.sections.tuning import PHASES
from governance.selectors import duties, policies, signoff
from governance.services import notices, reviews
from training.bodies.risk import BaseRow, RiskAssessmentBody
from training.selectors import probes
from training.selectors import risk as select

DUE = "lifecycle_review"
ORDER = ("green", "unknown", "amber", "red")
LOUD = ("amber", "red")
"""bands that are told of a model at its first assessment, when it cannot have got worse"""


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
    standing = _in_force(documents.values(), at)
    for digest, reasons in found.items():
        text = "; ".join(reasons)
        opened += reviews.open_by_event(
            document=standing.get(documents[digest].series_id, documents[digest]),
            trigger="base_model_change",
            since=assessment.seq,
            due=due,
            reason=text,
        )
        _tell(documents[digest], assessment, text, at)
    return opened


def _in_force(newest: Iterable[Document], at: datetime) -> dict[Any, Document]:
    """Return by series the version that is in force: a newer one that nobody signed yet takes no review from it."""
    rows = Document.objects.filter(series__in={one.series_id for one in newest}).select_related("project", "series")
    versions = list(rows.order_by("number"))
    known = signoff.in_force_many(versions, time=at) if versions else {}
    return {one.series_id: one for one in versions if known[one.digest].standing is Standing.IN_FORCE}


def changes(said: RiskAssessmentBody, before: RiskAssessmentBody | None) -> dict[str, list[str]]:
    """Return what changed of each base model, in words, by its digest; on the first assessment what probes found."""
    found: dict[str, list[str]] = defaultdict(list)
    for base, text in _probed(said, before.ledger_size if before is not None else 0):
        found[base].append(text)
    if before is None:
        return dict(found)
    for one in said.moved:
        what = f"{PHASES.get(one.phase, one.phase)} on {one.channel}"
        if one.first:
            found[one.base].append(f"{one.source} announced: {what}, {one.now}")
        elif one.now is None:
            found[one.base].append(f"{one.source} names no day any more for: {what} (it was {one.before})")
        else:
            found[one.base].append(f"{one.source} moved: {what}, from {one.before or 'no day'} to {one.now}")
    for row, earlier in _beside(said, before):
        found[row.digest] += _of_row(row, earlier, said.stale_days)
    return {base: reasons for base, reasons in found.items() if reasons}


def _of_row(row: BaseRow, earlier: BaseRow | None, stale_days: int) -> Iterator[str]:
    """Yield what became worse of a model since the row before; of a new one, what is bad from the beginning."""
    why = row.because[0].rstrip(".") if row.because else ""
    if earlier is None:
        if row.band in LOUD:
            yield f"its risk is {row.band} at its first assessment: {why}"
        return
    if ORDER.index(row.band) > ORDER.index(earlier.band):
        yield f"its risk went from {earlier.band} to {row.band}: {why}"
    if silent := [name for name in row.stale if name not in earlier.stale]:
        yield f"{' and '.join(silent)} {'was' if len(silent) == 1 else 'were'} not read for {stale_days} days"


def _beside(said: RiskAssessmentBody, before: RiskAssessmentBody) -> Iterator[tuple[BaseRow, BaseRow | None]]:
    """Yield each row beside what was said before of the same model, of whichever version of its document."""
    named = {row.digest for row in (*said.bases, *before.bases)}
    series = dict(Document.objects.filter(pk__in=named).values_list("pk", "series_id"))
    earlier = {series[row.digest]: row for row in before.bases if row.digest in series}
    for row in said.bases:
        yield row, earlier.get(series[row.digest]) if row.digest in series else None


def _probed(said: RiskAssessmentBody, since: int) -> Iterator[tuple[str, str]]:
    """Yield (base model's newest version, words) of what probes found, of whichever version and accepted or not.

    The words tell nothing of the prompts or of the answers: reviews of the shelf are read by people of other projects.
    """
    found = probes.found(since, said.ledger_size)
    asked = {one.base for one in found} | {row.digest for row in said.bases}
    series = dict(Document.objects.filter(pk__in=asked).values_list("pk", "series_id")) if found else {}
    newest = {series[row.digest]: row.digest for row in said.bases if row.digest in series}
    for one in found:
        if (base := newest.get(series[one.base])) is not None:
            yield base, f"a probe of {one.on} found that it answers otherwise than before"


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
