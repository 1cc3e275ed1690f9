"""R: how long each stage of requalifying takes, from the organisation's own times or from what people signed."""

from collections.abc import Iterable, Mapping, Sequence

from training.lifecycle import pert, survival
from training.lifecycle.figures import Figures
from training.lifecycle.lengths import Lengths, longer
from training.lifecycle.model import STAGES, Estimate, Inputs, Past, Stage, StageTime

ENOUGH = 5
"""So many completed ones make a stage's own times count; with fewer a signed estimate stands in."""
SHARES = (0.5, 0.8, 0.95)


def stages(inputs: Inputs) -> tuple[StageTime, ...]:
    """Return how long each stage takes, and on what basis, in the order of the stages."""
    return tuple(_stage(stage, inputs) for stage in STAGES)


def distributions(inputs: Inputs) -> Mapping[Stage, Lengths] | None:
    """Return the distribution of each stage; None where one has neither enough times nor a signed estimate."""
    found = {stage: _lengths(*_known(stage, inputs)) for stage in STAGES}
    known = {stage: lengths for stage, lengths in found.items() if lengths is not None}
    return known if len(known) == len(STAGES) else None


def _known(stage: Stage, inputs: Inputs) -> tuple[Sequence[Past], Sequence[Past], Estimate | None]:
    """Return the completed and the open ones, and the estimate that counts of the signed ones."""
    past = [one for one in inputs.past if one.stage == stage]
    estimate = longest(one for one in inputs.estimates if one.stage == stage and one.signed)
    return [one for one in past if one.done], [one for one in past if not one.done], estimate


def longest(estimates: Iterable[Estimate]) -> Estimate | None:
    """Return the estimate of a stage with the longest mean, so that no second one shortens what another says."""
    return max(estimates, key=lambda one: (pert.mean(one.low, one.likely, one.high), one.document), default=None)


def _lengths(complete: Sequence[Past], unfinished: Sequence[Past], estimate: Estimate | None) -> Lengths | None:
    """Return the observed lengths if there are enough, else the estimate; None without either.

    The estimate is never shorter than the few that were observed: otherwise the loss of one short time among five would
    shorten R where people estimated too low, and no news would be good news.
    """
    observed = survival.lengths([one.days for one in complete], [one.days for one in unfinished])
    if len(complete) >= ENOUGH:
        return observed
    if estimate is None:
        return None
    return longer(pert.lengths(estimate.low, estimate.likely, estimate.high), observed)


def _stage(stage: Stage, inputs: Inputs) -> StageTime:
    complete, unfinished, estimate = _known(stage, inputs)
    lengths = _lengths(complete, unfinished, estimate)
    days = [one.days for one in complete], [one.days for one in unfinished]
    subjects = dict.fromkeys(one.subject for one in (*complete, *unfinished))
    make = Figures(inputs.as_of)
    if lengths is None:
        return StageTime(
            stage=stage,
            basis="none",
            complete=len(complete),
            open=len(unfinished),
            estimate=None,
            curve=survival.curve(*days),
            spread=make.spread((None, None, None), "no basis", subjects, complete=len(complete), open=len(unfinished)),
        )
    observed = len(complete) >= ENOUGH
    stands_in = None if observed else estimate
    points = f"{stands_in.low:g}, {stands_in.likely:g}, {stands_in.high:g} days" if stands_in else "not needed"
    return StageTime(
        stage=stage,
        basis="observed" if observed else "estimate",
        complete=len(complete),
        open=len(unfinished),
        estimate=stands_in,
        curve=survival.curve(*days),
        spread=make.spread(
            spread_of(lengths),
            "survival" if observed else "three-point",
            (*subjects, *([stands_in.document] if stands_in else [])),
            "" if observed else "estimate",
            complete=len(complete),
            open=len(unfinished),
            estimate=points,
        ),
    )


def spread_of(lengths: Lengths) -> tuple[float, float, float]:
    """Return the days within which 50, 80 and 95 of 100 end."""
    p50, p80, p95 = (lengths.quantile(share) for share in SHARES)
    return p50, p80, p95
