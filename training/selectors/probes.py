"""What probes of hosted base models found, as of a ledger size."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from governance.job_states import JobState
from governance.models import Document, Job, Project
from governance.proof.fields import moment
from governance.selectors import documents as docs
from governance.selectors import ledger, told
from training.bodies import BaseModelBody
from training.custody.bodies import ProbeResultBody, ProbeSpecBody
from training.custody_kinds import PROBE_RESULT, PROBE_SPEC, differs


@dataclass(frozen=True)
class Probed:
    """A probe's result under a consumed permit: of which base model (digest), by which specification, on which day."""

    result: Document
    body: ProbeResultBody
    base: str
    spec: Document
    on: date


def results(size: int | None = None, bases: Iterable[Document] | None = None) -> list[Probed]:
    """Return the results of probes (of these base models), newest first, in a constant number of queries.

    Results that no job under a consumed permit ended with count for nothing. `size`: as of so many ledger entries.
    """
    rows: Any = Document.objects.filter(kind=PROBE_RESULT)
    if size is not None:
        rows = rows.filter(seq__lt=size)
    if bases is not None:
        rows = rows.filter(links_out__role="base_model", links_out__target__in=[base.digest for base in bases])
    found = list(rows.select_related("project").order_by("-seq").distinct())
    confirmed, leaves = told.outputs(found, size), ledger.leaves_at(result.seq for result in found)
    counted = [
        result
        for result in found
        if result.digest in confirmed and result.seq in leaves and leaves[result.seq].subjects == [result.digest]
    ]
    named = {result.digest: _named(result) for result in counted}
    specs = Document.objects.select_related("project", "series").in_bulk({spec for spec, _ in named.values()})
    return [
        Probed(
            result=result,
            body=docs.frozen_body(result, ProbeResultBody),
            base=named[result.digest][1],
            spec=specs[named[result.digest][0]],
            on=moment(leaves[result.seq].time).date(),
        )
        for result in counted
    ]


def changed(size: int | None = None) -> list[tuple[str, Document, str]]:
    """Return the changes that stand: base model (digest), the result that found it, and what it found.

    One for each probe whose newest result found one. A later result without one takes it away, whether the model went
    back or the changed answers were made the reference.
    """
    newest: dict[UUID, Probed] = {}
    for probed in results(size):
        newest.setdefault(probed.spec.series_id, probed)
    return [(one.base, one.result, one.body.finding) for one in newest.values() if one.body.changed]


def _named(result: Document) -> tuple[str, str]:
    """Return the digests of the specification and the base model that a result names in its own bytes."""
    links = {link.role: link.digest for link in docs.envelope(result).references}
    return links["spec"], links["base_model"]


def reference(spec: Document) -> Probed | None:
    """Return what a probe's next result is compared with, None while there is nothing.

    That is the result it names, else the first of its series that was asked the same.
    """
    base = docs.linked_one(spec, "base_model")
    known = results(bases=[base]) if base is not None else []
    named = docs.linked_one(spec, "reference")
    if named is not None:
        return next((one for one in known if one.result == named), None)
    body: ProbeSpecBody = docs.frozen_body(spec, ProbeSpecBody)
    alike = [
        one
        for one in known
        if one.spec.series_id == spec.series_id and not differs(body, docs.frozen_body(one.spec, ProbeSpecBody))
    ]
    return alike[-1] if alike else None


def names(base: BaseModelBody) -> tuple[str, ...]:
    """Return what a hosted base model goes by at its endpoints; nothing for one whose files we hold."""
    if base.hosted is None:
        return ()
    return (base.hosted.snapshot, *(one.name for one in base.identities))


@dataclass(frozen=True)
class Schedule:
    """The newest version of a probe, and its last job; `due` None: by hand alone, not yet launched, or at work."""

    spec: Document
    body: ProbeSpecBody
    last: Job | None
    due: datetime | None


def schedules(base: Document | None = None) -> list[Schedule]:
    """Return every probe (of a base model) as it stands now, in a constant number of queries.

    A probe is repeated from its first launch on, in the name of whoever launched it last, until a later version says
    otherwise: each is due so many days after the job before was admitted.
    """
    specs = docs.heads_in(Project.objects.all(), PROBE_SPEC)
    if base is not None:
        specs = [spec for spec in specs if _base(spec) == base.digest]
    jobs = Job.objects.filter(spec__in=specs).select_related("requested_by", "spec").order_by("created_at")
    last = {job.spec_id: job for job in jobs}
    return [_schedule(spec, last.get(spec.digest)) for spec in specs]


def _schedule(spec: Document, last: Job | None) -> Schedule:
    body: ProbeSpecBody = docs.frozen_body(spec, ProbeSpecBody)
    waits = last is None or body.cadence_days is None or JobState(last.state).live
    due = None if waits or last is None else last.created_at + timedelta(days=body.cadence_days or 0)
    return Schedule(spec, body, last, due)


def _base(spec: Document) -> str:
    return next(link.digest for link in docs.envelope(spec).references if link.role == "base_model")
