"""Retirement risk: R, how long requalifying takes, beside T, how long there is. A pure function of its inputs."""

from collections import defaultdict
from collections.abc import Mapping

from training.lifecycle import bands, dependant_risk, queue, requalification, summary
from training.lifecycle.dependant_risk import Basis, Known, Waited
from training.lifecycle.figures import Figures
from training.lifecycle.freeze import freeze
from training.lifecycle.lengths import Lengths
from training.lifecycle.loss import loss
from training.lifecycle.model import (
    Assessment,
    Base,
    BaseRisk,
    DependantRisk,
    Inputs,
    Label,
    Requalification,
    Stage,
    StageTime,
)
from training.lifecycle.notice import notices, usual
from training.lifecycle.queue import Draws

ALL_STAGES = "all stages"
"""Seeds the draws of a requalification that is nobody's in particular."""
URGENCY = ("high", "standard", "low")


def assess(inputs: Inputs) -> Assessment:
    """Return the retirement risk of all bases and dependants as it was known at the inputs' moment."""
    known = _known(inputs)
    stages = requalification.stages(inputs)
    lengths = requalification.distributions(inputs)
    waited = _waited(known, lengths, inputs)
    alone = queue.alone(ALL_STAGES, lengths, inputs.seed, inputs.runs).ascending() if lengths else None
    basis = _basis(stages)
    dependants = tuple(
        dependant_risk.of(one, known.get(one.base or ""), waited.get(one.digest), basis, inputs)
        for one in inputs.dependants
    )
    of_base = defaultdict(list)
    for risk in dependants:
        of_base[risk.dependant.base].append(risk)
    bases = tuple(
        _base(known[base.digest], of_base[base.digest], waited, alone, basis, inputs) for base in inputs.bases
    )
    return Assessment(
        as_of=inputs.as_of,
        bases=bases,
        dependants=dependants,
        requalification=_requalification(stages, alone, basis, inputs),
        vendors=summary.vendors(bases, dependants, inputs),
        headline=summary.headline(dependants, inputs),
    )


def _known(inputs: Inputs) -> dict[str, Known]:
    by_vendor = defaultdict(list)
    for base in (*inputs.bases, *inputs.others):
        by_vendor[base.vendor].append(base)
    given = {vendor: (usual(theirs, inputs), tuple(notices(theirs, inputs))) for vendor, theirs in by_vendor.items()}

    def known(base: Base) -> Known:
        usually, noticed = given[base.vendor]
        lost = loss(base, inputs, usually)
        return Known(base, lost, freeze(base, lost, inputs), noticed if lost.usual else ())

    return {base.digest: known(base) for base in inputs.bases}


def _waited(known: Mapping[str, Known], lengths: Mapping[Stage, Lengths] | None, inputs: Inputs) -> dict[str, Waited]:
    """Return R of each dependant by its digest; none if a stage's length is not known."""
    if lengths is None:
        return {}
    found = {}
    through = queue.queue(_in_order(known, inputs), lengths, inputs.capacity, inputs.seed, inputs.runs)
    for place, (digest, alone, queued) in enumerate(through, start=1):
        found[digest] = Waited(alone.ascending(), queued.ascending(), place)
    for dependant in inputs.dependants:
        if dependant.digest not in found:
            alone = queue.alone(dependant.digest, lengths, inputs.seed, inputs.runs)
            found[dependant.digest] = Waited(alone.ascending())
    return found


def _in_order(known: Mapping[str, Known], inputs: Inputs) -> list[str]:
    """Return the digests of the dependants that queue: those whose base has a date, by date, criticality, digest."""
    dated = []
    for dependant in inputs.dependants:
        base = known.get(dependant.base or "")
        if base is not None and base.loss.date is not None:
            dated.append((base.loss.date, URGENCY.index(dependant.criticality), dependant.digest))
    return [digest for _, _, digest in sorted(dated)]


def _basis(stages: tuple[StageTime, ...]) -> Basis:
    documents = dict.fromkeys(stage.estimate.document for stage in stages if stage.estimate)
    label: Label = "estimate" if documents else ""
    return Basis(tuple(documents), label)


def _base(
    known: Known,
    dependants: list[DependantRisk],
    waited: Mapping[str, Waited],
    alone: Draws | None,
    basis: Basis,
    inputs: Inputs,
) -> BaseRisk:
    """Return a base's risk: that of the dependant that must start first, or of requalifying alone without any."""
    theirs = [waited.get(one.dependant.digest) for one in dependants]
    taken = [one.counted if one else None for one in theirs] or [alone]
    starts = [start for one in taken if (start := dependant_risk.start(known.loss, one)) is not None]
    begin = min(starts, key=lambda start: (start.day is not None, start.day or start.at_most), default=None)
    if begin is not None:
        begin = bands.Start(begin.day, min(start.at_most for start in starts), begin.why)
    band, because = bands.judged(bands.of_base(known.base, known.loss, begin, inputs))
    make = Figures(inputs.as_of)
    return BaseRisk(
        base=known.base,
        band=band,
        because=because,
        loss=known.loss,
        freeze=known.freeze,
        latest_start=dependant_risk.latest_start(begin, known, basis, known.base.digest, make),
        dependants=tuple(one.dependant.digest for one in dependants),
    )


def _requalification(
    stages: tuple[StageTime, ...], alone: Draws | None, basis: Basis, inputs: Inputs
) -> Requalification:
    total = dependant_risk.spread(alone, "requalification", basis.documents, basis.label, Figures(inputs.as_of))
    return Requalification(stages, total, known=alone is not None)
