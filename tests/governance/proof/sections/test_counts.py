"""What a result keeps of single answers, in words: as far as it keeps any."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.proof.charts import counts as charts
from governance.proof.sections import counts, dossiers
from governance.proof.sections.blocks import DataTable, Paragraph

KEPT: dict[str, Any] = {
    "became": {
        "all": {"passed": 3, "failed": 1, "unparsed": 0, "missing": 1, "missed": {"form": {"failed": 1, "n": 5}}},
        "a": {"passed": 1, "failed": 0, "unparsed": 0, "missing": 0, "missed": {"form": {"failed": 0, "n": 1}}},
    },
    "moved": {"baseline": {"all": {"still_right": 1, "newly_right": 2, "newly_wrong": 0, "still_wrong": 2}}},
}


def test_a_result_from_before_says_that_it_keeps_none() -> None:
    assert counts.became({}) == [Paragraph(counts.UNCOUNTED)]
    assert counts.moved({}, "baseline") == [Paragraph(counts.UNCOUNTED)]
    assert counts.moved(KEPT, "last_release") == [Paragraph(counts.UNCOUNTED)]
    assert counts.differences({}) == [Paragraph(counts.UNPAIRED)]
    assert counts.over_baseline({}, "exact_match") == []
    assert [*charts.became({}), *charts.moved({}, "baseline"), *charts.differences({})] == []


@dataclass(frozen=True)
class Held:
    """A document with those that it names."""

    body: dict[str, Any]
    links: dict[str, "Held"]

    def linked(self, role: str) -> "Held | None":
        return self.links.get(role)

    def named_by(self, _: str) -> list["Held"]:
        return []


def printed(rule: Any, slices: dict[str, str], cases: int, **more: Any) -> list[Any]:
    """What a dossier must print of a result with `KEPT` on so many cases."""
    plan = Held({}, {"evaluation_set": Held({"slices": slices, "cases": cases, "purpose": "holdout"}, {})})
    none: dict[str, list[str]] = {"labels": [], "columns": [], "rows": []}
    body = KEPT | {"confusion": none, "metrics": {}, "verdicts": []} | more
    result = Held(body, {"thresholds": plan, "baseline": Held({}, {})})
    return [piece for group in rule(Held({}, {"result": result})) for piece in group]


def test_counts_that_do_not_add_up_are_not_taken_for_the_results() -> None:
    said = Paragraph(counts.UNCOUNTED)
    moved = {"moved": {"baseline": dict.fromkeys(("all", "a"), KEPT["moved"]["baseline"]["all"])}}
    for rule in (dossiers.release_confusion, dossiers.release_regression):
        assert said not in printed(rule, {"a": "A"}, 5, **moved)
        assert said in printed(rule, {"a": "A"}, 6, **moved), "an answer is not counted"
        assert said in printed(rule, {"a": "A"}, 5, repeats=2, **moved)
        assert said in printed(rule, {"a": "A", "b": "B"}, 5, **moved), "a slice is left out"
        assert said in printed(rule, {}, 5, **moved), "a slice is made up"


def test_all_cases_come_first_and_chart_and_table_say_the_same() -> None:
    drawn, told = counts.became(KEPT)
    assert isinstance(told, DataTable)
    assert drawn.told().split(": ")[1:] == [  # type: ignore[union-attr]
        "3 passed, 1 failed, 0 unparsed, 1 missing. a", "1 passed, 0 failed, 0 unparsed, 0 missing.",
    ]  # fmt: skip
    assert told.rows == (("all cases", "1 of 5"), ("a", "0 of 1"))
    _, told = counts.moved(KEPT, "baseline")
    assert isinstance(told, DataTable)
    assert told.rows == (("all cases", 1, 2, 0, 2),)


def difference(how: str = "difference", value: str = "0.1", low: str | None = "0.05", better: bool = True) -> Any:
    high = None if low is None else str(Decimal(value) * 2 - Decimal(low))
    return {"how": how, "value": value, "low": low, "high": high, "n": 80, "method": "Tango", "better": better}


@pytest.mark.parametrize(
    ("one", "said", "tells"),
    [
        (difference(), ("+10 points", "+5 to +15 points"), "better"),
        (difference(better=False), ("+10 points", "+5 to +15 points"), "worse"),
        (difference(low="-0.05"), ("+10 points", "−5 to +25 points"), "not told apart"),
        (difference(value="-0.1", low="-0.15"), ("−10 points", "−15 to −5 points"), "worse"),
        (difference(low=None), ("+10 points", "no bounds"), "not told apart"),
        (difference("ratio", "0.8", "0.7", better=False), ("0.8", "0.7 to 0.9"), "better"),
        (difference("ratio", "1.2", "0.9"), ("1.2", "0.9 to 1.5"), "not told apart"),
    ],
)
def test_how_far_a_figure_moved_and_what_that_tells(one: Any, said: tuple[str, str], tells: str) -> None:
    assert (counts.less("exact_match", one), counts.tells(one)) == (said, tells)
    kept = {"differences": {"all": {"exact_match": one}}}
    large = counts.over_baseline(kept, "exact_match")
    assert [figure.note for figure in large] == ([tells] if one["how"] == "difference" else [])


@given(st.decimals(-1, 1, places=6), st.decimals(0, 1, places=6), st.decimals(0, 1, places=6))
def test_bounds_are_rounded_outwards(value: Decimal, below: Decimal, above: Decimal) -> None:
    one = {"how": "difference", "value": str(value), "low": str(value - below), "high": str(value + above)}
    _, said = counts.less("exact_match", one)
    low, high = (
        Decimal(end.replace("\N{MINUS SIGN}", "-")) / 100 for end in said.removesuffix(" points").split(" to ")
    )
    assert low <= value - below
    assert high >= value + above
