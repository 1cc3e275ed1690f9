"""The chart of a training run, out of a body with a `loss_curve`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from governance.proof.charts.figures import CurveChart


def loss(body: Mapping[str, Any]) -> CurveChart:
    """Return the loss as training went on."""
    return CurveChart(
        "Loss as training went on, as the runner sent it.",
        "step",
        "loss, in nats a completion token",
        tuple((point["step"], Decimal(point["loss"])) for point in body["loss_curve"]),
    )
