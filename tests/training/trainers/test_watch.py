"""The loss curve of a run of any length fits its record."""

import math
import time
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.runner.protocol import RunFailed
from tests.training.trainers.work import Recorder
from training.trainers.spec import MAX_LOSS_POINTS

if TYPE_CHECKING:
    from training.trainers.watch import Watch

pytestmark = pytest.mark.ml


def watched(steps: int) -> "Watch":
    from training.trainers.watch import Watch

    watch = Watch(Recorder(), steps=steps, started=time.monotonic(), max_seconds=60)
    watch.on_train_begin(None, None, None)
    for step in range(1, steps + 1):
        state = SimpleNamespace(global_step=step)
        watch.on_step_end(None, state, None)
        watch.on_log(None, state, None, {"loss": float(step), "learning_rate": 1e-5})
    return watch


@pytest.mark.parametrize(("steps", "points"), [(1, 1), (199, 199), (200, 200), (201, 101), (1000, 200), (1001, 167)])
def test_the_curve_is_short_and_loses_no_step(steps: int, points: int) -> None:
    curve = watched(steps).curve()
    assert len(curve) == points <= MAX_LOSS_POINTS
    assert curve[-1].step == steps
    assert curve[0].learning_rate == "0.00001"
    ends = [0, *(point.step for point in curve)]
    weights = [after - before for before, after in pairwise(ends)]
    mean = sum(float(point.loss) * weight for point, weight in zip(curve, weights, strict=True)) / steps
    assert mean == pytest.approx((steps + 1) / 2)


def test_a_loss_that_is_no_number_ends_the_run() -> None:
    watch = watched(1)
    with pytest.raises(RunFailed, match="the loss is inf at step 2"):
        watch.on_log(None, SimpleNamespace(global_step=2), None, {"loss": math.inf, "learning_rate": 0.1})


@given(st.floats(min_value=-1e12, max_value=1e12, allow_nan=False))
def test_decimals_are_plain_and_close(value: float) -> None:
    from training.trainers.watch import decimal_text

    text = decimal_text(value)
    assert "e" not in text.lower()
    assert not text.startswith("-0") or text.startswith("-0.")
    assert float(text) == pytest.approx(value, abs=6e-7)
