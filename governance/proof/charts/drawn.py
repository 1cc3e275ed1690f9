"""Every chart that reports draw, by what it is."""

from typing import TypeAlias, assert_never

from governance.proof.charts.beside import Intervals
from governance.proof.charts.curve import Curve
from governance.proof.charts.days import TimelineChart
from governance.proof.charts.figures import (
    CurveChart,
    ForestChart,
    IntervalChart,
    MatrixChart,
    RegionChart,
    StackChart,
)
from governance.proof.charts.forest import Forest
from governance.proof.charts.matrix import Matrix
from governance.proof.charts.picture import Picture
from governance.proof.charts.regions import Regions
from governance.proof.charts.stacks import Stacks
from governance.proof.charts.timelines import Timeline

Chart: TypeAlias = IntervalChart | TimelineChart | ForestChart | RegionChart | StackChart | MatrixChart | CurveChart


def picture(chart: Chart) -> Picture:
    """Return a chart as it is drawn."""
    match chart:
        case IntervalChart():
            return Intervals(chart)
        case TimelineChart():
            return Timeline(chart)
        case ForestChart():
            return Forest(chart)
        case RegionChart():
            return Regions(chart)
        case StackChart():
            return Stacks(chart)
        case MatrixChart():
            return Matrix(chart)
        case CurveChart():
            return Curve(chart)
        case _:
            assert_never(chart)
