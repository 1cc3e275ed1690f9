"""The layout of the lineage: whatever the graph, no box covers another and arrows run downward, past the boxes."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.proof.charts import graph
from governance.proof.charts.graph import Box, Placement, Size
from governance.proof.charts.lineage import LineagePicture, plan
from governance.reports import drawing
from tests.governance.reports import sample

SIZE = Size(width=100, height=40, beside=10, between=20, lane=3)


@st.composite
def graphs(draw: st.DrawFn, most: int = 30) -> tuple[list[str], list[tuple[str, str]]]:
    count = draw(st.integers(1, most))
    nodes = [f"n{index}" for index in range(count)]
    pairs = list(combinations(nodes, 2))
    edges = draw(st.lists(st.sampled_from(pairs), max_size=3 * count)) if pairs else []
    return draw(st.permutations(nodes)), edges


def apart(one: Box, other: Box, gap: float) -> bool:
    beside = one.x + one.width + gap <= other.x + 1e-6 or other.x + other.width + gap <= one.x + 1e-6
    return beside or one.y + one.height <= other.y + 1e-6 or other.y + other.height <= one.y + 1e-6


def check(placement: Placement, nodes: list[str], edges: list[tuple[str, str]]) -> None:
    assert set(placement.boxes) == set(nodes)
    for one, other in combinations(placement.boxes.values(), 2):
        assert apart(one, other, SIZE.beside)
    for box in placement.boxes.values():
        assert -1e-6 <= box.x <= placement.width - box.width + 1e-6
        assert -1e-6 <= box.y <= placement.height - box.height + 1e-6
    assert set(placement.routes) == set(edges)
    for (source, target), points in placement.routes.items():
        assert points[0][1] == placement.boxes[source].y + SIZE.height
        assert points[-1][1] == placement.boxes[target].y
        assert all(low[1] > high[1] for high, low in pairwise(points))
        # Between odd and even corners an arrow passes a layer, straight down: no box may stand there.
        for (x, top), (_, bottom) in zip(points[1:-1:2], points[2:-1:2], strict=True):
            for box in placement.boxes.values():
                passes = box.y < bottom and top < box.y + box.height
                assert not (passes and box.x < x < box.x + box.width)


@given(graphs(), st.integers(1, 8))
@settings(max_examples=120)
def test_no_box_overlaps_and_arrows_run_down(case: tuple[list[str], list[tuple[str, str]]], across: int) -> None:
    nodes, edges = case
    check(graph.place(nodes, edges, SIZE, across), nodes, edges)


@given(graphs(most=12))
def test_the_same_graph_is_laid_out_alike_whatever_the_order_of_its_edges(
    case: tuple[list[str], list[tuple[str, str]]],
) -> None:
    nodes, edges = case
    assert graph.place(nodes, edges, SIZE, 3) == graph.place(nodes, list(reversed(edges)), SIZE, 3)


@given(st.lists(st.floats(-500, 500), min_size=1, max_size=12), st.floats(1, 50))
def test_spread_keeps_order_and_gaps_and_moves_nothing_needlessly(wishes: list[float], gap: float) -> None:
    offsets = [gap * index for index in range(len(wishes))]
    got = graph._spread(wishes, offsets)
    assert all(right - left >= gap - 1e-6 for left, right in pairwise(got))
    if all(right - left >= gap for left, right in pairwise(wishes)):
        assert got == pytest.approx(wishes)


def test_a_width_of_one_makes_a_single_file() -> None:
    placement = graph.place(["a", "b", "c"], [("a", "b")], SIZE, 1)
    assert len({box.y for box in placement.boxes.values()}) == 3


def test_a_cycle_is_refused() -> None:
    with pytest.raises(ValueError, match="cycle through a"):
        graph.place(["a", "b"], [("a", "b"), ("b", "a")], SIZE, 2)


def test_repeated_references_and_loops_make_one_arrow_and_none() -> None:
    placement = graph.place(["a", "b"], [("a", "b"), ("a", "b"), ("b", "b")], SIZE, 2)
    assert list(placement.routes) == [("a", "b")]


@pytest.mark.parametrize("count", [1, 15, 30])
def test_every_document_is_drawn_in_full_up_to_thirty(count: int) -> None:
    found = plan(drawing.lineage(sample.wide(count)), 471, 550)
    assert len(found.drawn) == count
    assert found.scale >= found.manner.least
    assert found.placement.width * found.scale <= 471.01
    assert found.placement.height * found.scale <= 550.01


def test_a_graph_too_large_for_a_page_keeps_the_nearest_and_stays_legible() -> None:
    many = drawing.lineage(sample.wide(400))
    found = plan(many, 471, 550)
    assert 30 < len(found.drawn) < 400
    assert found.scale >= found.manner.least
    assert list(found.drawn) == list(many.documents[: len(found.drawn)])


def test_the_drawing_is_told_in_words() -> None:
    told = LineagePicture(drawing.lineage(sample.report())).told()
    assert "15 documents" in told
    assert "5, Run specification, LoRA r 16, 150 steps, seed 7, recorded, rests on 6, 7, 8, 9, 10, 11." in told
    assert "14, Data contract, Public-domain coding terms, no longer in force, rests on nothing further." in told
