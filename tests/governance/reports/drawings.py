"""Drawings of a lineage that say the truth to who cannot see them, and show something else."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from governance.proof.charts.lineage import UNSIGNED, LineagePicture
from governance.proof.charts.pen import Pen, Point, Scaled

Route = tuple[Point, ...]
Routes = dict[tuple[str, str], Route]
Lie = Callable[[LineagePicture], None]


def _routes(change: Callable[[LineagePicture, Routes], object]) -> Lie:
    def lie(picture: LineagePicture) -> None:
        placement = picture.plan.placement
        routes = dict(placement.routes)
        change(picture, routes)
        picture.plan = replace(picture.plan, placement=replace(placement, routes=routes))

    return lie


def _shortest(routes: Routes) -> tuple[str, str]:
    return min(routes, key=lambda edge: (len(routes[edge]), edge))


def _left_out(_: LineagePicture, routes: Routes) -> None:
    del routes[_shortest(routes)]


def _turned_round(_: LineagePicture, routes: Routes) -> None:
    routes[_shortest(routes)] = routes[_shortest(routes)][::-1]


def _moved(end: int) -> Callable[[LineagePicture, Routes], None]:
    """To or from the box beside the one that it joins."""

    def moved(picture: LineagePicture, routes: Routes) -> None:
        boxes = picture.plan.placement.boxes
        edge, other = next(
            (edge, box) for edge in routes for box in boxes.values()
            if box.y == boxes[edge[end]].y and box != boxes[edge[end]]
        )  # fmt: skip
        points = list(routes[edge])
        points[-end] = (other.x + other.width / 2, points[-end][1])
        routes[edge] = tuple(points)

    return moved


def _added(picture: LineagePicture, routes: Routes) -> None:
    boxes = picture.plan.placement.boxes
    one, other = next(
        (one, other) for one in boxes for other in boxes
        if boxes[one].y < boxes[other].y and (one, other) not in routes
    )  # fmt: skip
    below, above = boxes[one], boxes[other]
    routes[one, other] = ((below.x + 50, below.y + below.height), (above.x + 50, above.y))


def _exchanged(picture: LineagePicture) -> None:
    placement = picture.plan.placement
    one, other, *_ = [name for name in placement.boxes if name != picture.lineage.subject]
    boxes = {**placement.boxes, one: placement.boxes[other], other: placement.boxes[one]}
    picture.plan = replace(picture.plan, placement=replace(placement, boxes=boxes))


def _unsigned(picture: LineagePicture) -> None:
    first, *others = picture.plan.drawn
    picture.plan = replace(picture.plan, drawn=(replace(first, standing=UNSIGNED), *others))


def _renamed(picture: LineagePicture) -> None:
    *others, last = picture.plan.drawn
    picture.plan = replace(picture.plan, drawn=(*others, replace(last, title=f"{last.title[:-1]}s")))


class _Across(Scaled):
    """A pen that draws curves from where they end, across, to where they begin: within the same box."""

    def curves(
        self, start: Point, pieces: Sequence[Sequence[Point]], *, stroke: bool = False, fill: bool = False
    ) -> None:
        if fill or len(pieces) > 1:
            self.pen.curves(start, pieces, stroke=stroke, fill=fill)
            return
        [[one, other, end]] = pieces
        bent = [(end[0], one[1]), (start[0], other[1]), (start[0], end[1])]
        self.pen.curves((end[0], start[1]), [bent], stroke=stroke)


def _across(picture: LineagePicture) -> None:
    paint = picture.paint

    def painted(pen: Pen) -> None:
        paint(_Across(pen, 1, 0, 0))

    picture.paint = painted  # type: ignore[method-assign]


DRAWINGS: dict[str, Lie] = {
    "an arrow left out": _routes(_left_out),
    "an arrow turned round": _routes(_turned_round),
    "an arrow led to another box": _routes(_moved(1)),
    "an arrow from another box": _routes(_moved(0)),
    "an arrow added": _routes(_added),
    "arrows that lead across, their heads where they were": _across,
    "boxes exchanged": _exchanged,
    "a signed document drawn as unsigned": _unsigned,
    "another title in a box": _renamed,
}
