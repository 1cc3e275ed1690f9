"""What probes of hosted base models found, as of a ledger size."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max

from governance.job_states import JobState
from governance.models import Document, Job, Project, Reference
from governance.proof.formats.fields import moment
from governance.selectors import documents as docs
from governance.selectors import ledger, told
from training.bodies.base_models import BaseModelBody
from training.bodies.custody import ProbeResultBody, ProbeSpecBody
from training.kinds.custody import PROBE_RESULT, PROBE_SPEC, differs


@dataclass(frozen=True)
class Probed:
    """A probe's result under a consumed permit: of which base model (digest), by which specification, on which day."""

    result: Document
    body: ProbeResultBody
    base: str
    spec: Document
    on: date


def results(base: Document, size: int | None = None) -> list[Probed]:
    """Return the results of probes of a base model, newest first, in a constant number of queries.

    Versions of one series are one model here: whoever records more about it loses no answer of it. Results that no job
    under a consumed permit ended with count for nothing. `size`: as of so many ledger entries.
    """
    naming = Reference.objects.filter(role="base_model", target__series=base.series_id, source__kind=PROBE_RESULT)
    return _probed(naming.values_list("source_id", flat=True), size)


def found(since: int, size: int) -> list[Probed]:
    """Return the results that found a change and were received from ledger entry `since` on, below `size`.

    What became of the change later does not matter: it was found, and somebody has to look at it.
    """
    rows = Document.objects.filter(kind=PROBE_RESULT, seq__gte=since, seq__lt=size)
    return [one for one in _probed(rows.values_list("pk", flat=True), size) if one.body.changed]


def changed(size: int | None = None) -> list[tuple[str, Document, str]]:
    """Return the changes that stand: base model (digest), the result that found it, and what it found.

    One for each probe whose newest comparison found one. A later comparison without one takes it away, whether the
    model went back or the changed answers were made the reference; a result that was compared with nothing does not.
    """
    rows: Any = Reference.objects.filter(role="spec", source__kind=PROBE_RESULT)
    if size is not None:
        rows = rows.filter(source__seq__lt=size)
    left: dict[UUID, list[str]] = {}
    for result, series in rows.order_by("-source__seq").values_list("source_id", "target__series_id"):
        left.setdefault(series, []).append(result)
    newest: dict[UUID, Probed] = {}
    while left:  # once, but for results that count for nothing or say nothing: then the one before is the newest
        for probed in _probed([known.pop(0) for known in left.values()], size):
            if probed.body.changed is not None:
                newest[probed.spec.series_id] = probed
        left = {series: known for series, known in left.items() if known and series not in newest}
    return [
        (one.base, one.result, one.body.finding)
        for one in sorted(newest.values(), key=lambda one: -one.result.seq)
        if one.body.changed
    ]


def _probed(digests: Iterable[str], size: int | None) -> list[Probed]:
    """Return those of the results that the ledger confirms, newest first."""
    rows: Any = Document.objects.filter(kind=PROBE_RESULT, pk__in=list(digests))
    if size is not None:
        rows = rows.filter(seq__lt=size)
    listed = list(rows.select_related("project").order_by("-seq"))
    confirmed, leaves = told.outputs(listed, size), ledger.leaves_at(result.seq for result in listed)
    counted = [
        result
        for result in listed
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


def _named(result: Document) -> tuple[str, str]:
    """Return the digests of the specification and the base model that a result names in its own bytes."""
    links = {link.role: link.digest for link in docs.references(result)}
    return links["spec"], links["base_model"]


def reference(spec: Document) -> Probed | None:
    """Return what a probe's next result is compared with, None while there is nothing.

    That is the result it names, else the first of its series that was asked the same and often enough for a change to
    show, of whichever version of the base model: a change at the time at which more was recorded about it is a change
    like any other.
    """
    base = docs.linked_one(spec, "base_model")
    known = results(base) if base is not None else []
    named = docs.linked_one(spec, "reference")
    if named is not None:
        return next((one for one in known if one.result == named), None)
    body: ProbeSpecBody = docs.frozen_body(spec, ProbeSpecBody)
    alike = [
        one
        for one in known
        if one.spec.series_id == spec.series_id
        and not differs(body, before := docs.frozen_body(one.spec, ProbeSpecBody))
        and body.could_show(before.repeats)
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
        versions = set(Document.objects.filter(series=base.series_id).values_list("pk", flat=True))
        specs = [spec for spec in specs if _base(spec) in versions]
    newest = Job.objects.filter(spec__in=specs).order_by().values("spec").annotate(newest=Max("seq")).values("newest")
    last = {job.spec_id: job for job in Job.objects.filter(seq__in=newest)}
    leaves = ledger.leaves_at(job.seq for job in last.values())
    admitted = {seq: moment(leaf.time) for seq, leaf in leaves.items()}
    return [_schedule(spec, last.get(spec.digest), admitted) for spec in specs]


def _schedule(spec: Document, last: Job | None, admitted: Mapping[int, datetime]) -> Schedule:
    body: ProbeSpecBody = docs.frozen_body(spec, ProbeSpecBody)
    due = None
    if last is not None and body.cadence_days is not None and not JobState(last.state).live:
        due = admitted.get(last.seq, last.created_at) + timedelta(days=body.cadence_days)
    return Schedule(spec, body, last, due)


def _base(spec: Document) -> str:
    return next(link.digest for link in docs.references(spec) if link.role == "base_model")
