"""Where the boxes and arrows of a lineage go: a small layered layout, pure and deterministic.

The method of Sugiyama, Tagawa and Toda 1981: layers by longest path, at most `across` boxes in each (the width bound
of Coffman and Graham 1972), stand-ins where an arrow passes a layer, crossings lowered by barycentre sweeps, then
positions by isotonic regression (pool adjacent violators), which keeps the order and the gaps exactly. The subject is
on top; a document rests on the ones below it. Units are points, y grows downward.
"""

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType

SWEEPS = 12


@dataclass(frozen=True, slots=True)
class Size:
    """Box and gaps: `beside` between boxes of a layer, `between` layers, `lane` the width of an arrow that
    passes a layer, and its distance from another.
    """

    width: float
    height: float
    beside: float
    between: float
    lane: float


@dataclass(frozen=True, slots=True)
class Box:
    """A node's place: `x`, `y` are of the upper left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Placement:
    """`boxes` by node; `routes` as corner points, from the lower side of the source to the upper side of the target."""

    boxes: Mapping[str, Box]
    routes: Mapping[tuple[str, str], tuple[tuple[float, float], ...]]
    width: float
    height: float


Slot = tuple[str, ...]
"""(node,) for a box; (source, target, layer) for an arrow that passes a layer"""


def place(nodes: Sequence[str], edges: Sequence[tuple[str, str]], size: Size, across: int) -> Placement:
    """Lay the graph out with at most `across` boxes in a layer.

    Edges run from the referring to the referred-to node; repeated edges and loops count once and not at all.
    Raises ValueError when the edges form a cycle, which documents named by digests cannot.
    """
    return _placed(tuple(nodes), tuple(edges), size, across)


@lru_cache(maxsize=64)  # whoever draws a lineage checks the drawing next
def _placed(nodes: tuple[str, ...], edges: tuple[tuple[str, str], ...], size: Size, across: int) -> Placement:
    order = {node: index for index, node in enumerate(nodes)}
    wanted = sorted({edge for edge in edges if edge[0] != edge[1]}, key=lambda edge: (order[edge[0]], order[edge[1]]))
    layer = _layers(nodes, wanted, across)
    rows, links = _slots(nodes, wanted, layer)
    _untangle(rows, links)
    centres = _positions(rows, links, size)
    left = min(centres[slot] - _half(slot, size) for row in rows for slot in row)
    right = max(centres[slot] + _half(slot, size) for row in rows for slot in row)
    pitch = size.height + size.between
    boxes = {
        slot[0]: Box(centres[slot] - left - size.width / 2, index * pitch, size.width, size.height)
        for index, row in enumerate(rows)
        for slot in row
        if len(slot) == 1
    }
    found = _routes(wanted, layer, {slot: centre - left for slot, centre in centres.items()}, boxes, size)
    return Placement(MappingProxyType(boxes), MappingProxyType(found), right - left, len(rows) * pitch - size.between)


def _layers(nodes: Sequence[str], edges: Sequence[tuple[str, str]], across: int) -> dict[str, int]:
    """Layer of each node: below all that refer to it; full layers push a node down."""
    below: dict[str, list[str]] = {node: [] for node in nodes}
    waiting = dict.fromkeys(nodes, 0)
    for source, target in edges:
        below[source].append(target)
        waiting[target] += 1
    reach: dict[str, int] = {}

    def longest(node: str, path: frozenset[str]) -> int:
        if node in path:
            raise ValueError(f"the references form a cycle through {node}: expected a graph of documents by digest")
        if node not in reach:
            reach[node] = 1 + max((longest(target, path | {node}) for target in below[node]), default=-1)
        return reach[node]

    for node in nodes:
        longest(node, frozenset())
    earliest = dict.fromkeys(nodes, 0)
    layer: dict[str, int] = {}
    held: dict[int, int] = {}
    ready = [node for node in nodes if waiting[node] == 0]
    order = {node: index for index, node in enumerate(nodes)}
    while ready:
        # The node with most beneath it first: it would push the others down.
        ready.sort(key=lambda node: (earliest[node], -reach[node], order[node]))
        node = ready.pop(0)
        level = earliest[node]
        while held.get(level, 0) >= across:
            level += 1
        layer[node] = level
        held[level] = held.get(level, 0) + 1
        for target in below[node]:
            earliest[target] = max(earliest[target], level + 1)
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    return layer


def _slots(
    nodes: Sequence[str], edges: Sequence[tuple[str, str]], layer: Mapping[str, int]
) -> tuple[list[list[Slot]], list[tuple[Slot, Slot]]]:
    """The slots of each layer, and the links between slots of neighbouring layers."""
    rows: list[list[Slot]] = [[] for _ in range(max(layer.values()) + 1)]
    for node in nodes:
        rows[layer[node]].append((node,))
    links: list[tuple[Slot, Slot]] = []
    for source, target in edges:
        chain: list[Slot] = [(source,)]
        for level in range(layer[source] + 1, layer[target]):
            chain.append((source, target, str(level)))
            rows[level].append(chain[-1])
        chain.append((target,))
        links += pairwise(chain)
    return rows, links


def _neighbours(links: Sequence[tuple[Slot, Slot]]) -> tuple[dict[Slot, list[Slot]], dict[Slot, list[Slot]]]:
    above: dict[Slot, list[Slot]] = {}
    below: dict[Slot, list[Slot]] = {}
    for upper, lower in links:
        below.setdefault(upper, []).append(lower)
        above.setdefault(lower, []).append(upper)
    return above, below


def _untangle(rows: list[list[Slot]], links: Sequence[tuple[Slot, Slot]]) -> None:
    """Order the slots of each row to lower the number of crossings; keeps the best order met."""
    above, below = _neighbours(links)
    best, fewest = [list(row) for row in rows], _crossings(rows, below)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for index in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            rank = {slot: place for place, slot in enumerate(rows[index - 1 if down else index + 1])}
            towards = above if down else below
            pulled = []
            for place, slot in enumerate(rows[index]):
                places = [rank[other] for other in towards.get(slot, [])] or [place]
                pulled.append((sum(places) / len(places), place, slot))
            rows[index] = [slot for _, _, slot in sorted(pulled)]
        crossings = _crossings(rows, below)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    rows[:] = best


def _crossings(rows: Sequence[Sequence[Slot]], below: Mapping[Slot, Sequence[Slot]]) -> int:
    total = 0
    for row, under in pairwise(rows):
        rank = {slot: place for place, slot in enumerate(under)}
        seen: list[int] = []
        for slot in row:
            ends = sorted(rank[other] for other in below.get(slot, []))
            # An arrow crosses those from further left that end further right; ties share an end and do not cross.
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _half(slot: Slot, size: Size) -> float:
    return (size.width if len(slot) == 1 else size.lane) / 2


def _positions(rows: Sequence[Sequence[Slot]], links: Sequence[tuple[Slot, Slot]], size: Size) -> dict[Slot, float]:
    """The centre of each slot across the page: near its neighbours, in order, with the gaps kept."""
    above, below = _neighbours(links)
    centres: dict[Slot, float] = {}
    for row in rows:
        at = 0.0
        offsets = _offsets(row, size)
        for slot, offset in zip(row, offsets, strict=True):
            centres[slot] = at + offset - offsets[-1] / 2
    for sweep in range(SWEEPS * 2):
        for row in rows if sweep % 2 == 0 else list(reversed(rows)):
            wishes = []
            for slot in row:
                near = [centres[other] for other in above.get(slot, []) + below.get(slot, [])]
                wishes.append(sum(near) / len(near) if near else centres[slot])
            centres.update(zip(row, _spread(wishes, _offsets(row, size)), strict=True))
    return centres


def _offsets(row: Sequence[Slot], size: Size) -> list[float]:
    """The least distance of each slot's centre from the first one's."""
    offsets = [0.0]
    for left, right in pairwise(row):
        gap = size.beside if len(left) == 1 or len(right) == 1 else size.lane
        offsets.append(offsets[-1] + _half(left, size) + gap + _half(right, size))
    return offsets


def _spread(wishes: Sequence[float], offsets: Sequence[float]) -> list[float]:
    """The positions nearest to the wishes (least squares) whose differences are at least those of the offsets."""
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wishes, offsets, strict=True):
        pools.append((wish - offset, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (first, many), (second, more) = pools[-2], pools.pop()
            pools[-1] = ((first * many + second * more) / (many + more), many + more)
    levels = [mean for mean, count in pools for _ in range(count)]
    return [level + offset for level, offset in zip(levels, offsets, strict=True)]


def _routes(
    edges: Sequence[tuple[str, str]],
    layer: Mapping[str, int],
    centres: Mapping[Slot, float],
    boxes: Mapping[str, Box],
    size: Size,
) -> dict[tuple[str, str], tuple[tuple[float, float], ...]]:
    """Corner points of every arrow; ends are spread along a box's side in the order of where they come from."""
    pitch = size.height + size.between
    passing = {
        (source, target): [
            (centres[(source, target, str(level))], level * pitch) for level in range(layer[source] + 1, layer[target])
        ]
        for source, target in edges
    }

    def middle(node: str) -> float:
        return boxes[node].x + boxes[node].width / 2

    leaving: dict[str, list[tuple[float, str]]] = {}
    arriving: dict[str, list[tuple[float, str]]] = {}
    for (source, target), corners in passing.items():
        leaving.setdefault(source, []).append((corners[0][0] if corners else middle(target), target))
        arriving.setdefault(target, []).append((corners[-1][0] if corners else middle(source), source))

    def port(node: str, ends: list[tuple[float, str]], other: str) -> float:
        place = [name for _, name in sorted(ends)].index(other)
        step = min(boxes[node].width * 0.7 / len(ends), 14.0)
        return middle(node) + (place - (len(ends) - 1) / 2) * step

    routes = {}
    for (source, target), corners in passing.items():
        points = [(port(source, leaving[source], target), boxes[source].y + size.height)]
        for x, y in corners:
            points += [(x, y), (x, y + size.height)]
        points.append((port(target, arriving[target], source), boxes[target].y))
        routes[(source, target)] = tuple(points)
    return routes
