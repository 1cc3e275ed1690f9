"""A result's page says in words what was measured, how sure that is, what was required, and what is missing."""

import re
from typing import Any

from django.urls import reverse

from evals.web.answer_tags import costs, counted, figures, spread
from tests.governance.web.world import World, evaluation_spec, result, verdict_line

MEASURE = {"value": "0.913333", "n": 300, "low": "0.881234", "high": "0.931", "method": "Wilson score bound, one-sided"}
SECONDS = {"value": "0.25", "n": 300, "low": None, "high": None, "method": "order statistics"}
BODY: dict[str, Any] = {
    "metrics": {
        "vague": {"exact_match": MEASURE | {"n": 150}},
        "all": {"exact_match": MEASURE, "latency_p95": SECONDS, "f1:eye": MEASURE | {"low": None, "high": None}},
    },
    "verdicts": [verdict_line(limit="0.90", verdict="INCONCLUSIVE")],
    "verdict": "INCONCLUSIVE",
    "repeats": 3,
    "by_repeat": ["0.9", "0.92", "0.91"],
    "missing": 4,
    "missing_in": {"vague": 3, "common": 1},
    "report_only": {"tone": "nobody has held its judge against people"},
    "cost": "1.25",
    "became": {
        "vague": {"passed": 140, "failed": 7, "unparsed": 0, "missing": 3, "missed": {}},
        "all": {"passed": 285, "failed": 10, "unparsed": 1, "missing": 4, "missed": {}},
    },
    "moved": {"baseline": {"all": {"still_right": 20, "newly_right": 265, "newly_wrong": 2, "still_wrong": 13}}},
}


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def test_figures_are_told_in_words_beside_what_was_required(world: World, as_) -> None:
    made = result(world, evaluation_spec(world), **BODY)
    page = text_of(as_(world.engineer).get(reverse("document", args=[made.digest])))
    assert (
        "Exact match Wilson score bound 91.3 % at least 88.1 % and at most 93.1 % at least 90 %: not shown 300" in page
    )
    assert "F1 of eye Wilson score bound 91.3 % a point only nothing 300" in page
    assert "95 % within 0.25 s" in page
    assert "each case 3 times; pass rate from 90 % to 92 % between repeats" in page
    assert "4 cases without an answer, counted as failures slice common: 1 slice vague: 3" in page
    assert "tone decides nothing nobody has held its judge against people" in page
    assert "1.25 USD" in page
    assert "Passed Failed Unreadable Missing all cases 285 10 1 4 vague 140 7 0 3" in page
    assert (
        "beside those of the baseline. Slice Still right Newly right Newly wrong Still wrong all cases 20 265 2 13"
        in page
    )


def test_what_was_not_measured_is_not_told() -> None:
    bare = {"metrics": {"all": {}}, "verdicts": []}
    assert figures(bare) == [("all", [])]
    assert spread(bare) == ""
    assert costs(bare) == []
    assert counted(bare) == []
    assert spread({"by_repeat": ["0.5", "0.5"]}) == "pass rate 50 % in every repeat"
