"""The risk of one dependant: its R beside the T of its base model."""

import datetime as dt
import math
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal

from training.lifecycle import bands
from training.lifecycle.figures import DATE, DAYS, PROBABILITY, Figures, weakest
from training.lifecycle.freeze import retrain
from training.lifecycle.lengths import quantile
from training.lifecycle.model import (
    Base,
    Dependant,
    DependantRisk,
    Figure,
    Freeze,
    Inputs,
    Label,
    Loss,
    Spread,
)
from training.lifecycle.queue import Draws, Row
from training.lifecycle.requalification import SHARES

CENT = Decimal("0.01")
NOBODY_KNOWS = "How long requalifying takes is not known: a stage has too few completed ones and no signed estimate."
NEVER_ENDED = "How long requalifying takes at most is not known: too many stages have not ended yet."


@dataclass(frozen=True)
class Known:
    """What is known of one base model: its loss, freeze window and the notices its vendor gave for others."""

    base: Base
    loss: Loss
    freeze: Freeze
    notices: tuple[int, ...]


@dataclass(frozen=True)
class Waited:
    """R in the runs of the simulation, ascending: without the queue, and with it at `place` from 1; both None for those
    that do not queue.
    """

    alone: Draws
    queued: Draws | None = None
    place: int | None = None

    @property
    def counted(self) -> Draws:
        """What R counts with: the queue, where there is one."""
        return self.queued or self.alone


@dataclass(frozen=True)
class Basis:
    """What all R of an assessment rest on: signed estimates and the label that they lend it."""

    documents: tuple[str, ...]
    label: Label


def start(loss: Loss, taken: Draws | None) -> bands.Start | None:
    """Return the latest start, T - Q80(R), in whole days; None without a date of loss. An unknown R is 0 or more."""
    if loss.date is None:
        return None
    if taken is None:
        return bands.Start(None, loss.date, NOBODY_KNOWS)
    exact, least = (quantile(row, 0.8) for row in (taken.days, taken.at_least))
    if math.isinf(exact):
        return bands.Start(None, _before(loss.date, least), NEVER_ENDED)
    return bands.Start(_before(loss.date, exact), _before(loss.date, least))


def spread(taken: Draws | None, formula: str, sources: tuple[str, ...], label: Label, make: Figures) -> Spread:
    """Return P50, P80 and P95 of R; unknown without it."""
    if taken is None:
        return make.spread((None, None, None), formula, sources)
    p50, p80, p95 = (quantile(taken.days, share) for share in SHARES)
    return make.spread((p50, p80, p95), formula, sources, label, runs=len(taken.days))


def latest_start(begin: bands.Start | None, known: Known | None, basis: Basis, source: str, make: Figures) -> Figure:
    """Return the latest start as a figure."""
    if known is None or begin is None:
        held = known is not None and known.loss.days.label == "held"
        return make.figure(None, DATE, "latest start", (source,), "held" if held else "unknown")
    label = weakest(known.loss.days.label, basis.label)
    sources = (source, *known.loss.days.sources, *basis.documents)
    if begin.day is None:
        return make.figure(None, DATE, "latest start", sources, "unknown", loss=known.loss.date, at_most=begin.at_most)
    days = (known.loss.date - begin.day).days if known.loss.date else None
    return make.figure(begin.day, DATE, "latest start", sources, label, loss=known.loss.date, Q80_of_R_in_days=days)


def of(dependant: Dependant, known: Known | None, waited: Waited | None, basis: Basis, inputs: Inputs) -> DependantRisk:
    """Return the risk of `dependant`, of whose base model `known` is known (None: it has none or it is not on record).

    `waited` None: nobody knows how long requalifying takes.
    """
    make = Figures(inputs.as_of)
    sources = (dependant.digest, *basis.documents)
    begin = start(known.loss, waited.counted if waited else None) if known else None
    begin_alone = start(known.loss, waited.alone if waited else None) if known else None
    judged = bands.of_base(known.base, known.loss, begin, inputs) if known else None
    band, because = bands.judged(bands.of_dependant(dependant, judged))
    safe = judged is not None and bands.judged(judged)[0] == "green"
    left = known.loss.days.value if known else None
    gap = _Gap(
        dependant=dependant,
        known=known,
        left=left if isinstance(left, int) else None,
        waited=waited,
        basis=basis,
        make=make,
        safe=safe,
    )
    uncovered = gap.uncovered()
    return DependantRisk(
        dependant=dependant,
        band=band,
        because=because,
        place=waited.place if waited else None,
        alone=spread(waited.alone if waited else None, "requalification", sources, basis.label, make),
        queued=spread(waited.queued if waited else None, "queue", sources, basis.label, make),
        too_late=gap.too_late(),
        beyond_outage=gap.beyond_outage(),
        latest_start=latest_start(begin, known, basis, dependant.digest, make),
        latest_start_alone=latest_start(begin_alone, known, basis, dependant.digest, make),
        uncovered=uncovered,
        impact=_impact(dependant, uncovered, make),
        retrain=retrain(dependant, known.freeze if known else None, inputs.as_of),
        life_covers_need=_covers(dependant, known, safe=safe),
    )


@dataclass(frozen=True)
class _Gap:
    """The figures on R - T, where T is the days `left`; `safe` where weights are held without a date of loss and
    nothing is amiss with them.
    """

    dependant: Dependant
    known: Known | None
    left: int | None
    waited: Waited | None
    basis: Basis
    make: Figures
    safe: bool

    def too_late(self) -> Figure:
        notices = self.known.notices if self.known else ()
        if self.left is None and notices and self.waited:
            row = self.waited.alone.days
            late = math.fsum(_share_above(row, notice) for notice in notices) / len(notices)
            formula, sources = "too late if announced", (self.dependant.digest, *self.basis.documents)
            return self.make.figure(late, PROBABILITY, formula, sources, "weak", notices=len(notices), runs=len(row))
        return self._beyond(0, "too late")

    def beyond_outage(self) -> Figure:
        return self._beyond(self.dependant.max_outage_hours / 24, "beyond outage")

    def uncovered(self) -> Figure:
        if self.left is None or self.waited is None:
            return self._without(DAYS, "uncovered days")
        taken, left = self.waited.counted, self.left
        row = taken.at_least
        days = math.fsum(at - left for at in row[bisect_right(row, left) :]) / len(row)
        return self._made(days, DAYS, "uncovered days", len(row), "at least" if math.isinf(taken.days[-1]) else "")

    def _beyond(self, tolerated: float, formula: str) -> Figure:
        if self.left is None or self.waited is None:
            return self._without(PROBABILITY, formula)
        row = self.waited.counted.days
        return self._made(_share_above(row, self.left + tolerated), PROBABILITY, formula, len(row))

    def _made(self, value: float, unit: str, formula: str, runs: int, label: Label = "") -> Figure:
        loss = self.known.loss.days if self.known else None
        sources = (self.dependant.digest, *(loss.sources if loss else ()), *self.basis.documents)
        label = weakest(label, loss.label if loss else "", self.basis.label)
        return self.make.figure(value, unit, formula, sources, label, T=self.left, runs=runs)

    def _without(self, unit: str, formula: str) -> Figure:
        """Return what stands where there is no T or no R: nothing is lost of weights that are safe, else unknown."""
        if self.safe and self.left is None:
            return self.make.figure(0.0, unit, formula, (self.dependant.digest,), "held")
        return self.make.figure(None, unit, formula, (self.dependant.digest,))


def _share_above(ascending: Row, limit: float) -> float:
    return (len(ascending) - bisect_right(ascending, limit)) / len(ascending)


def _before(day: dt.date, days: float) -> dt.date:
    whole = math.ceil(days)
    return day - dt.timedelta(days=whole) if whole < day.toordinal() else dt.date.min


def _impact(dependant: Dependant, uncovered: Figure, make: Figures) -> Figure:
    daily, days = dependant.daily_impact, uncovered.value
    if daily is None or not isinstance(days, float):
        return make.figure(None, dependant.currency, "expected impact", uncovered.sources)
    amount = (daily * Decimal(repr(days))).quantize(CENT)
    formula, given = "expected impact", {"daily_impact": daily, "uncovered_days": f"{days:.2f}"}
    return make.figure(amount, dependant.currency, formula, uncovered.sources, uncovered.label, **given)


def _covers(dependant: Dependant, known: Known | None, *, safe: bool) -> bool | None:
    """Return whether the model serves as long as it is needed: a no needs a date, a yes a fresh one or safe weights."""
    if known is None or dependant.need_until is None:
        return None
    if known.loss.date is None:
        return True if safe else None
    if known.loss.date < dependant.need_until:
        return False
    return True if known.loss.fresh else None
