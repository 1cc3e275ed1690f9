"""What a run says while it trains, and when it has to stop."""

import math
import statistics
import time
from decimal import Decimal
from typing import Any

from transformers import TrainerCallback

from governance.runner.protocol import Reporter, RunFailed
from training.trainers.spec import MAX_LOSS_POINTS, LossPoint


def decimal_text(value: float, places: int = 6) -> str:
    """Return `value` as plain decimal text with at most `places` digits after the point and no trailing zeros."""
    text = f"{Decimal(repr(value)):.{places}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


class Watch(TrainerCallback):
    """Reports each step, keeps the losses, and ends the run when it is told to or its budget is spent.

    `started` and `max_seconds` are on the clock of `time.monotonic`.
    """

    def __init__(self, report: Reporter, *, steps: int, started: float, max_seconds: int) -> None:
        self.report, self.steps, self.started, self.max_seconds = report, steps, started, max_seconds
        self.losses: list[tuple[int, float, float]] = []
        self.seconds: list[float] = []
        self._mark = started

    def check(self, step: int = 0) -> None:
        """Raise RunFailed if the run was stopped or its budget of seconds is spent."""
        if self.report.stopping():
            raise RunFailed(f"stopped after step {step} of {self.steps}, as asked; nothing is kept")
        spent = time.monotonic() - self.started
        if spent > self.max_seconds:
            raise RunFailed(
                f"the budget of {self.max_seconds} seconds was spent after step {step} of {self.steps} "
                f"({spent:.0f} s); raise budget.max_seconds in the run spec or plan fewer steps"
            )

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._mark = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        # From one end to the next, so that laying out the batch and reporting count as well.
        now = time.monotonic()
        self.seconds.append(now - self._mark)
        self._mark = now
        if state.global_step < self.steps:
            self.check(state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        if not logs or "loss" not in logs:
            return
        step, loss, rate = state.global_step, float(logs["loss"]), float(logs["learning_rate"])
        if not math.isfinite(loss):
            raise RunFailed(f"the loss is {loss} at step {step}; lower the learning rate or check the data")
        self.losses.append((step, loss, rate))
        pace = self.seconds_per_step
        self.report.progress(
            step / self.steps,
            f"step {step} of {self.steps}",
            step=step,
            steps=self.steps,
            loss=round(loss, 4),
            learning_rate=rate,
            seconds_per_step=round(pace, 3),
            eta_seconds=round(pace * (self.steps - step)),
        )

    @property
    def seconds_per_step(self) -> float:
        """The median duration of the steps so far, in seconds."""
        return statistics.median(self.seconds)

    def curve(self) -> list[LossPoint]:
        """Return the losses, averaged over equal runs of steps so that there are at most `MAX_LOSS_POINTS`."""
        width = math.ceil(len(self.losses) / MAX_LOSS_POINTS)
        groups = [self.losses[start : start + width] for start in range(0, len(self.losses), width)]
        return [
            LossPoint(
                step=group[-1][0],
                loss=decimal_text(statistics.fmean(loss for _, loss, _ in group)),
                learning_rate=decimal_text(group[-1][2], 12),
            )
            for group in groups
        ]
