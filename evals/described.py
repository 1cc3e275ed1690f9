"""What documents about evaluation are to programs that read lineage."""

from typing import Any

from governance.registry import Described, Figure

Body = dict[str, Any]


def evaluation_set(body: Body) -> Described:
    """Cases to measure by."""
    return Described("data", text=str(body["description"]))


def evaluation_result(body: Body) -> Described:
    """What was measured of the model under `subject`, slice by slice."""
    figures = tuple(
        Figure(metric, part, str(one["value"]), one.get("low"), one.get("high"))
        for part, metrics in sorted(body["metrics"].items())
        for metric, one in sorted(metrics.items())
    )
    return Described("figures", figures=figures, of="subject")
