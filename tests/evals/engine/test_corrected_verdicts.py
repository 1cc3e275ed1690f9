"""Limits on what a calibrated judge grades: what it gave no score never helps, whichever direction is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.engine.graders.base import Grade
from evals.engine.grading import Expected, Graded
from evals.engine.results import VerdictLine
from evals.engine.statistics import Calibration
from evals.engine.verdicts import Evidence, verdicts
from tests.evals.engine.builders import RUBRIC, answers, case, rubric, rubric_dict, threshold

CRITERION = dict(rubric_dict()["criteria"][0], name="rude", grader="judge", weight="1")
CRITERION["parameters"] = {"judge": "j", "scale": {"low": 0, "high": 1, "met_from": 1}}
PIN = {"backend": "http", "endpoint": "http://127.0.0.1:9/v1", "model": "m", "prompt": "Rude? {answer}"}
JUDGED = rubric(criteria=[CRITERION], output={"format": "text"}, judges={"j": PIN})
RANK = {"FAIL": 0, "INCONCLUSIVE": 1, "PASS": 2}
FAIR = Calibration(180, 200, 160, 200)

WORDS = {
    "met": Graded(True, True, {"rude": Grade(1.0, True, {"given": [1]})}),
    "not met": Graded(True, False, {"rude": Grade(0.0, False, {"given": [0]})}),
    "unreadable": Graded(False, False, {"rude": Grade(0.0, False, {"asked": False})}),
    "unscored": Graded(True, False, {"rude": Grade(0.0, False, {"unread": "Well, it depends."})}),
    "unasked": Graded(True, False, {"rude": Grade(0.0, False, {"unread": ""})}),
}


def cases(count: int) -> list[Expected]:
    return [Expected(f"case-{n:04}", frozenset({"common"}), applies=frozenset({"rude"})) for n in range(count)]


def line(became: list[str], direction: str, limit: str, **more: str) -> VerdictLine:
    """The verdict where the answers became that; "missing" is none at all."""
    known = cases(len(became))
    found = {one.id: WORDS[what] for one, what in zip(known, became, strict=True) if what != "missing"}
    evidence = Evidence(JUDGED, known, answers(found), calibrations={"rude": FAIR})
    return verdicts([threshold(metric="met:rude", direction=direction, limit=limit, **more)], evidence).verdicts[0]


@pytest.mark.attack(
    name="answer unreadably, or so that a judge cannot be asked or babbles, where a limit says what is met at most",
    caught_by="what has no score counts as met there: it is never better than any score",
    unless="the judge is talked into a score that is wrong: hold it against people on answers of the kind",
)
@pytest.mark.parametrize("lost", ["missing", "unreadable", "unscored", "unasked"])
def test_answers_without_a_score_do_not_pass_a_limit_on_what_may_be_met_at_most(lost: str) -> None:
    """Half the answers are without a score, and the judge called a third of the others met."""
    met, rest = ["met"] * 85, ["not met"] * 165
    found = line(met + rest + [lost] * 250, "<=", "0.05")
    assert (found.verdict, found.n) == ("FAIL", 500)
    assert float(found.value or 0) > 0.5
    whole = line(met + rest, "<=", "0.05")
    assert float(found.high or 0) >= float(whole.high or 0)


def test_what_was_lost_is_told_beside_what_the_judge_called() -> None:
    found = line(["met", "unasked", "not met", "not met"], "<=", "0.9")
    assert "the judge called 50.0% good (with those it gave no score)" in found.reason
    assert (
        "the judge called 25.0% good, corrected" in line(["met", "unasked", "not met", "not met"], ">=", "0.1").reason
    )


@given(
    st.lists(st.sampled_from(["met", "not met"]), min_size=1, max_size=60),
    st.sampled_from(["missing", "unreadable", "unscored", "unasked"]),
    st.sampled_from([">=", "<="]),
    st.sampled_from(["0.05", "0.3", "0.7"]),
    st.data(),
)
def test_an_answer_without_a_score_never_helps(
    became: list[str], lost: str, direction: str, limit: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(became) - 1))
    before = line(became, direction, limit)
    after = line([*became[:place], lost, *became[place + 1 :]], direction, limit)
    assert RANK[after.verdict] <= RANK[before.verdict]
    if direction == ">=":
        assert float(after.low or 0) <= float(before.low or 0)
    else:
        assert float(after.high or 1) >= float(before.high or 1)


@given(
    st.lists(st.sampled_from(["met", "not met"]), min_size=1, max_size=60),
    st.sampled_from(["unreadable", "unscored", "unasked"]),
    st.sampled_from([">=", "<="]),
    st.data(),
)
def test_an_answer_without_a_score_never_helps_where_missing_ones_are_left_out(
    became: list[str], lost: str, direction: str, data: st.DataObject
) -> None:
    """What is there and has no score is a failure, also where the bounds allow for all that a missing one may be."""
    place = data.draw(st.integers(0, len(became) - 1))
    before, after = (
        line(["missing", *found], direction, "0.3", missing_policy="excluded_with_bound")
        for found in (became, [*became[:place], lost, *became[place + 1 :]])
    )
    assert RANK[after.verdict] <= RANK[before.verdict]
    if direction == ">=":
        assert float(after.high or 1) <= float(before.high or 1)
    else:
        assert float(after.low or 0) >= float(before.low or 0)


@pytest.mark.parametrize("metric", ["met:answer", "pass_rate", "score:answer"])
def test_what_cannot_be_read_fails_a_limit_at_most_of_any_grader(metric: str) -> None:
    """Not met would be the better there; the rubric says that what cannot be read counts as a failure."""
    known = [Expected(case(f"c{n}").id, frozenset({"common"}), applies=frozenset({"answer"})) for n in range(40)]
    calm = Graded(True, False, {"answer": Grade(0.0, False)})
    garbled = Graded(False, False, {"answer": Grade(0.0, False)})
    asked = threshold(metric=metric, direction="<=", limit="0.2")
    for found, verdict in ((calm, "PASS"), (garbled, "FAIL")):
        [told] = verdicts(
            [asked], Evidence(RUBRIC, known, answers(dict.fromkeys([c.id for c in known], found)))
        ).verdicts
        assert told.verdict == verdict
