"""From a computed assessment to what its document says at a glance. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from governance.proof.charts.assessments import services
from governance.proof.formats.fields import rfc3339
from governance.proof.formats.manifest import FileEntry
from training.bodies.risk import BaseRow, Counts, Late, Moved, RiskAssessmentBody, Simulated, StageLine, Sum, VendorRow
from training.lifecycle.loss import rests_on_stale
from training.lifecycle.model import Assessment, Band, Base, BaseRisk, Basis, Figure, Inputs, Seen, Spread
from training.lifecycle.words import is_rule
from training.lifecycle.written import WHOLE


@dataclass(frozen=True)
class Around:
    """What stands around an assessment: the ledger's size, the fallback plans in force by the base model they cover,
    the documents of projects that it rests on, and what the assessment before said.
    """

    ledger_size: int
    covered: Mapping[str, str]
    rests_on: tuple[str, ...]
    before: RiskAssessmentBody | None


def of(
    result: Assessment, inputs: Inputs, around: Around, places: Mapping[str, tuple[int, int]], file: FileEntry
) -> RiskAssessmentBody:
    """Return the body of an assessment; `places` are where each line lies in `file`, by the base model's digest."""
    head, before = result.headline, around.before
    rows = [_row(one, around, result, places) for one in result.bases]
    late = [
        Late(
            service=one.dependant.digest,
            title=one.dependant.title,
            base=next((r.title for r in rows if r.digest == one.dependant.base), "not known"),
            latest_start=_day(one.latest_start),
            criticality=one.dependant.criticality,
        )
        for one in result.dependants
        if one.dependant.digest in head.past_latest_start
    ]
    body = RiskAssessmentBody(
        title=f"Retirement risk on {inputs.today:%-d %B %Y}",
        as_of=rfc3339(inputs.as_of),
        ledger_size=around.ledger_size,
        next_review=inputs.next_review.isoformat(),
        stale_days=inputs.stale_days,
        simulated=Simulated(
            seed=str(inputs.seed), runs=inputs.runs, signers=inputs.capacity.signers, gpus=inputs.capacity.gpus,
            data=inputs.capacity.data,
        ),
        services=_counts(one.band for one in result.dependants),
        late=sorted(late, key=lambda one: (one.latest_start or "", one.title)),
        unproven=sorted(head.unproven),
        uncovered_days=_sum(head.uncovered),
        impact={currency: _sum(figure) for currency, figure in head.impact},
        requalification=_stages(result),
        bases=sorted(rows, key=_gravest),
        vendors=[
            VendorRow(
                vendor=one.vendor, bases=len(one.bases), services=len(one.dependants),
                share=_days(one.share) or "0", worst=one.worst,
            )
            for one in result.vendors
        ],
        moved=list(_moved(inputs.bases, before.ledger_size)) if before is not None else [],
        decisions=[],
        stray=list(places[""]) if "" in places else None,
        whole=list(places[WHOLE]),
        rests_on=list(around.rests_on),
        files=[file],
    )  # fmt: skip
    return body.model_copy(update={"decisions": list(decisions(body))})


def decisions(said: RiskAssessmentBody) -> Iterator[str]:
    """Yield what somebody must decide, in words, the most urgent first."""
    for late in said.late:
        when = f"on {late.latest_start}" if late.latest_start else "already, though how long it takes is not known"
        yield (
            f"{late.title} should have begun to requalify {when}: decide today on its successor, on an extension with "
            "the vendor, or on its end."
        )
    for row in said.bases:
        if row.band == "red" and row.fallback is None and row.services.total:
            yield f"{row.title}: have a fallback plan signed; none is in force for what rests on it."
        if row.band == "amber" and row.latest_start is not None:
            yield f"{row.title}: begin to requalify by {row.latest_start}, before the next review."
    unknown = [row.title for row in said.bases if row.band == "unknown" and row.services.total]
    if unknown:
        yield f"Find out what is not known of {', '.join(unknown[:5])}{' and others' if len(unknown) > 5 else ''}."
    if said.unproven:
        yield f"Trace what {services(len(said.unproven))} of unproven origin runs on, or take it out of use."


def _row(one: BaseRisk, around: Around, result: Assessment, places: Mapping[str, tuple[int, int]]) -> BaseRow:
    below = [each for each in result.dependants if each.dependant.base == one.base.digest]
    slowest = max((each.queued for each in below), key=_slow, default=result.requalification.total)
    begins, length = places[one.base.digest]
    return BaseRow(
        digest=one.base.digest,
        title=one.base.title,
        vendor=one.base.vendor,
        hosted=one.base.hosted,
        band=one.band,
        because=list(one.because),
        announced=one.loss.counted.announced_on.isoformat()
        if one.loss.counted and one.loss.counted.announced_on
        else None,
        loss=one.loss.date.isoformat() if one.loss.date else None,
        loss_label=one.loss.days.label,
        latest_start=_day(one.latest_start),
        freeze_begins=one.freeze.begins.isoformat() if one.freeze.begins else None,
        freeze_ends=one.freeze.ends.isoformat() if one.freeze.ends else None,
        services=_counts(each.band for each in below),
        p50=_days(slowest.p50),
        p95=_days(slowest.p95),
        fallback=around.covered.get(one.base.digest),
        drilled_on=one.base.drilled_on.isoformat() if one.base.drilled_on else None,
        stale=list(rests_on_stale(one.loss)),
        begins=begins,
        length=length,
    )


def _moved(bases: Iterable[Base], since: int) -> Iterator[Moved]:
    """Yield what sources said of dates since the ledger had that many entries, beside what they had said before."""
    for base in bases:
        last: dict[tuple[str, str, str, str, bool], Seen] = {}
        dated = set()
        for word in sorted(base.seen, key=lambda w: (w.seq, w.place)):
            if is_rule(word):
                continue  # on which condition access is lost is no date, and takes none back
            thing = (word.source, word.model, word.channel, word.phase, word.idle_days is not None)
            earlier, known = last.get(thing), thing in dated
            last[thing] = word
            if word.date is not None:
                dated.add(thing)
            if word.seq < since or (earlier is not None and earlier.date == word.date):
                continue
            if earlier is None and word.date is None:
                continue
            yield Moved(
                base=base.digest, channel=word.channel, phase=word.phase, source=word.source,
                before=earlier.date.isoformat() if earlier and earlier.date else None,
                now=word.date.isoformat() if word.date else None, first=not known, document=word.document,
            )  # fmt: skip


def _stages(result: Assessment) -> list[StageLine]:
    stages = result.requalification.stages
    bases = {one.basis for one in stages}
    lines = [
        StageLine(
            stage=one.stage, basis=one.basis, complete=one.complete, open=one.open, p50=_days(one.spread.p50),
            p80=_days(one.spread.p80), p95=_days(one.spread.p95),
        )
        for one in stages
    ]  # fmt: skip
    total = result.requalification.total
    whole = StageLine(
        stage="all", basis=_whole(bases), complete=min(s.complete for s in stages),
        open=sum(s.open for s in stages), p50=_days(total.p50), p80=_days(total.p80), p95=_days(total.p95),
    )  # fmt: skip
    return [*lines, whole]


def _whole(bases: set[Basis]) -> Basis | Literal["mixed"]:
    """Return what the sum of stages rests on: nothing, where one of them has nothing."""
    if "none" in bases:
        return "none"
    return bases.pop() if len(bases) == 1 else "mixed"


def _counts(bands: Iterable[Band]) -> Counts:
    found = list(bands)
    return Counts(**{band: found.count(band) for band in ("red", "amber", "unknown", "green")})


def _gravest(row: BaseRow) -> tuple[int, str, str]:
    return (("red", "amber", "unknown", "green").index(row.band), row.latest_start or "9999", row.title)


def _slow(spread: Spread) -> float:
    value = spread.p95.value
    return float(value) if isinstance(value, int | float | Decimal) else float("inf")


def _days(figure: Figure) -> str | None:
    """Return a figure as a plain decimal with two places at most; None where it has no value."""
    if not isinstance(figure.value, int | float | Decimal):
        return None
    text = f"{Decimal(str(figure.value)):.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def _sum(figure: Figure) -> Sum:
    return Sum(value=_days(figure), label=figure.label)


def _day(figure: Figure) -> str | None:
    return figure.value.isoformat() if isinstance(figure.value, date) else None
