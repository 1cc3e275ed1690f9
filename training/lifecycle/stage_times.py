"""How long the stages of a requalification took, from the moments that the ledger tells.

A stage lasts from the milestone before it, whichever that was, to its own: what was done side by side is counted once,
waiting counts, and all stages of one piece of work add up to its whole time.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from training.lifecycle.model import STAGES, Stage

DAY: Final = 86_400.0
"""seconds"""


def stage_days(
    began: datetime, reached: Mapping[Stage, datetime], waiting: Stage | None = None, now: datetime | None = None
) -> list[tuple[Stage, float, bool]]:
    """Return (stage, days, done) of one piece of work: those it reached, in the order in which it reached them.

    `waiting` is the stage it waits for at `now`: that one is not done, and lasted at least since the last milestone.

    Raises:
        ValueError: a stage is unknown, waits and was reached, or was reached before the work began.
    """
    if unknown := {*reached, *([waiting] if waiting else [])}.difference(STAGES):
        raise ValueError(f"found the stage {min(unknown)!r}, expected one of {', '.join(STAGES)}")
    if waiting in reached:
        raise ValueError(f"found that {waiting!r} was reached and is waited for, expected one of them")
    order = {stage: place for place, stage in enumerate(STAGES)}
    before = began
    found: list[tuple[Stage, float, bool]] = []
    for stage, at in sorted(reached.items(), key=lambda each: (each[1], order[each[0]])):
        if at < before:
            raise ValueError(f"found {stage!r} reached at {at}, before the work began at {began}")
        found.append((stage, (at - before).total_seconds() / DAY, True))
        before = at
    if waiting is not None and now is not None:
        found.append((waiting, max(0.0, (now - before).total_seconds() / DAY), False))
    return found
