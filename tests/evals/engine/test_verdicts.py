import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.engine.grading import Expected, Graded
from evals.engine.measures import ImportedMeasure
from evals.engine.spec import Judgement, Threshold
from evals.engine.verdicts import Evidence, verdicts
from tests.evals.engine.builders import RUBRIC, answers, expected, right, threshold, wrong
from tests.evals.engine.builders import judged as one

EVERY = frozenset({"answer", "form", "label"})
RANK = {"FAIL": 0, "INCONCLUSIVE": 1, "PASS": 2}


def together(items: list[Threshold], cases: list[Expected], tuned: dict[str, Graded]) -> Judgement:
    return verdicts(items, Evidence(RUBRIC, cases, answers(tuned)))


def graded(cases: list[Expected], rights: int) -> dict[str, Graded]:
    return {case.id: right(case.label or "") if index < rights else wrong() for index, case in enumerate(cases)}


@pytest.mark.parametrize(
    ("rights", "verdict"), [(60, "PASS"), (59, "PASS"), (58, "INCONCLUSIVE"), (42, "INCONCLUSIVE"), (41, "FAIL")]
)
def test_an_absolute_limit_is_decided_by_the_bounds(rights: int, verdict: str) -> None:
    cases = expected(100)
    line = one(cases, graded(cases, rights))
    assert line.verdict == verdict
    assert line.value == f"{rights / 100:.6f}"
    assert line.low is not None
    assert line.high is not None
    assert (float(line.low) >= 0.5) == (verdict == "PASS")
    assert (float(line.high) < 0.5) == (verdict == "FAIL")


def test_the_reason_names_what_was_found_and_the_limit() -> None:
    cases = expected(100)
    reason = one(cases, graded(cases, 60)).reason
    assert reason == (
        "exact match on all cases: at least 51.7 % with 95 % confidence (measured 60 % on 100 cases); "
        "required at least 50 %: shown"
    )
    assert one(cases, graded(cases, 95), limit="0.9").reason == (
        "exact match on all cases: at least 90 % with 95 % confidence (measured 95 % on 100 cases); "
        "required at least 90 %: shown"
    )


def test_too_few_cases_never_decide() -> None:
    cases = expected(10)
    assert one(cases, graded(cases, 10), n_min=11).verdict == "INCONCLUSIVE"
    assert one(cases, graded(cases, 0), n_min=11).verdict == "INCONCLUSIVE"
    assert one([], {}).verdict == "INCONCLUSIVE"
    assert one(cases, graded(cases, 10), slice="rare").n == 0


def test_only_the_slice_counts() -> None:
    cases = expected(100) + expected(100, "ear", ("rare",))
    tuned = graded(cases[:100], 0) | graded(cases[100:], 100)
    assert one(cases, tuned, slice="rare").verdict == "PASS"
    assert one(cases, tuned, slice="common").verdict == "FAIL"
    assert one(cases, tuned, slice="all").value == "0.500000"


def test_missing_answers_are_failures_not_absences() -> None:
    cases = expected(100)
    survivors = dict(list(graded(cases, 100).items())[:40])
    line = one(cases, survivors)
    assert (line.verdict, line.value, line.n, line.missing) == ("FAIL", "0.400000", 100, 60)


def test_answers_to_cases_of_no_set_are_ignored() -> None:
    cases = expected(100)
    assert one(cases, graded(cases, 30) | graded(expected(500, "ear"), 500)).value == "0.300000"


def test_non_inferiority_pairs_the_arms() -> None:
    cases = expected(100)
    base = graded(cases, 50)
    options: dict[str, Any] = {"kind": "non_inferiority", "limit": "0.10"}
    assert one(cases, graded(cases, 50), base, **options).verdict == "PASS"
    assert one(cases, graded(cases, 44), base, **options).verdict == "INCONCLUSIVE"
    assert one(cases, graded(cases, 20), base, **options).verdict == "FAIL"
    # The same difference with many discordant pairs is less certain than with few.
    crossed = {case.id: right() if index >= 50 else wrong() for index, case in enumerate(cases)}
    assert one(cases, crossed, base, **options).verdict == "INCONCLUSIVE"


def test_non_inferiority_without_a_baseline_is_undecided() -> None:
    cases = expected(100)
    line = one(cases, graded(cases, 100), None, kind="non_inferiority", limit="0.10")
    assert (line.verdict, line.value) == ("INCONCLUSIVE", None)
    assert "measure the base model" in line.reason


def test_a_hard_threshold_decides_and_a_soft_one_does_not() -> None:
    cases = expected(100)
    tuned = graded(cases, 60)
    hard = threshold()
    for limit, importance, overall in [
        ("0.9", "soft", "PASS"),
        ("0.9", "hard", "FAIL"),
        ("0.55", "hard", "INCONCLUSIVE"),
        ("0.55", "soft", "PASS"),
    ]:
        other = threshold(id="other", limit=limit, importance=importance)
        assert together([hard, other], cases, tuned).verdict == overall


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.data())
def test_one_more_right_answer_never_hurts(given: list[bool], data: st.DataObject) -> None:
    cases = expected(len(given))
    tuned = {case.id: right() if good else wrong() for case, good in zip(cases, given, strict=True)}
    base = graded(cases, data.draw(st.integers(0, len(cases))))
    better = tuned | {data.draw(st.sampled_from(cases)).id: right()}
    for options in ({}, {"kind": "non_inferiority", "limit": "0.1"}):
        before, after = one(cases, tuned, base, **options), one(cases, better, base, **options)
        assert RANK[after.verdict] >= RANK[before.verdict]
        assert float(after.low or 0) >= float(before.low or 0)


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.data())
def test_a_lost_output_never_helps(given: list[bool], data: st.DataObject) -> None:
    """Neither one's own, nor one of the baseline one is compared with."""
    cases = expected(len(given))
    tuned = {case.id: right() if good else wrong() for case, good in zip(cases, given, strict=True)}
    base = graded(cases, data.draw(st.integers(0, len(cases))))
    lost = data.draw(st.sampled_from(cases)).id
    without_tuned = {name: grades for name, grades in tuned.items() if name != lost}
    without_base = {name: grades for name, grades in base.items() if name != lost}
    for options in ({}, {"kind": "non_inferiority", "limit": "0.1"}):
        before = RANK[one(cases, tuned, base, **options).verdict]
        assert RANK[one(cases, without_tuned, base, **options).verdict] <= before
        assert RANK[one(cases, tuned, without_base, **options).verdict] <= before


@given(st.lists(st.tuples(st.sampled_from(["eye", "ear"]), st.booleans()), min_size=2, max_size=50), st.randoms())
@settings(max_examples=15, deadline=None)
def test_the_order_of_cases_and_thresholds_does_not_matter(
    given: list[tuple[str, bool]], shuffler: random.Random
) -> None:
    cases = [Expected(f"{index:03}", frozenset(), label, applies=EVERY) for index, (label, _) in enumerate(given)]
    tuned = {str(f"{index:03}"): right(label) if good else wrong() for index, (label, good) in enumerate(given)}
    items = [threshold(), threshold(id="f1", metric="macro_f1")]
    before = together(items, cases, tuned)
    shuffled, names = list(cases), list(tuned)
    shuffler.shuffle(shuffled)
    shuffler.shuffle(names)
    after = together(items[::-1], shuffled, {name: tuned[name] for name in names})
    assert after.verdict == before.verdict
    assert after.verdicts[::-1] == before.verdicts


def test_unparsed_answers_cost_f1() -> None:
    cases = expected(60, "eye") + expected(60, "ear")
    named = {case.id: right(case.label or "") if index % 5 else wrong("ear") for index, case in enumerate(cases)}
    line = one(cases, named, metric="macro_f1")
    assert line.verdict == "PASS"
    unparsed = {case.id: named[case.id] if index % 5 else wrong() for index, case in enumerate(cases)}
    lost = {name: grades for name, grades in unparsed.items() if grades.parsed}
    values = [float(one(cases, found, metric="macro_f1").value or 0) for found in (lost, unparsed)]
    assert values[0] <= values[1] < 1


def test_f1_of_one_label_and_against_a_baseline() -> None:
    cases = expected(80, "eye") + expected(80, "ear")
    tuned = {case.id: right(case.label or "") if index % 10 else wrong("escalate") for index, case in enumerate(cases)}
    base = {case.id: right(case.label or "") if index % 2 else wrong("escalate") for index, case in enumerate(cases)}
    assert one(cases, tuned, metric="f1:eye", limit="0.8").verdict == "PASS"
    assert one(cases, tuned, metric="f1:escalate").verdict == "INCONCLUSIVE", "no case is about it"
    options = {"metric": "macro_f1", "kind": "non_inferiority", "limit": "0.05"}
    assert one(cases, tuned, base, **options).verdict == "PASS"
    assert one(cases, base, tuned, **options).verdict == "FAIL"
    assert one(cases, base, {}, **options).verdict == "FAIL", "a baseline that is gone counts as right"


def test_answers_that_are_all_right_are_decided_by_the_rule_of_three() -> None:
    cases = expected(50, "eye")
    line = one(cases, graded(cases, 50), metric="macro_f1", limit="0.95")
    assert (line.verdict, line.value, line.high) == ("PASS", "1.000000", "1.000000")
    assert 0.95 <= float(line.low or 0) < 1
    assert one(cases, graded(cases, 50), metric="macro_f1", limit="0.98").verdict == "INCONCLUSIVE"


def test_at_most_is_judged_by_the_other_bound_and_other_stages_do_not_block() -> None:
    cases = expected(100)
    options: dict[str, Any] = {"metric": "latency_p50", "direction": "<=", "layer": "workflow"}
    assert one(cases, graded(cases, 0), limit="0.5", **options).verdict == "PASS"
    assert one(cases, graded(cases, 0), limit="0.4", **options).verdict == "FAIL"
    few = dict(list(graded(cases, 0).items())[:45])
    line = one(cases, few, limit="1000", **options)
    assert (line.verdict, line.value) == ("INCONCLUSIVE", None), "how long the others would have taken, nobody knows"
    assert "so many answers are missing" in line.reason
    most = dict(list(graded(cases, 0).items())[:90])
    assert one(cases, most, limit="0.5", **options).verdict == "PASS", "however long they would have taken"
    production = threshold(id="later", stage="production", limit="0.9")
    assert together([threshold(), production], cases, graded(cases, 60)).verdict == "PASS"
    assert together([production], cases, graded(cases, 100)).verdict == "INCONCLUSIVE", "nothing holds the release"


def test_zero_tolerance_wants_enough_cases_and_not_one_failure() -> None:
    options: dict[str, Any] = {"kind": "zero_tolerance", "limit": "0.01"}
    for count, rights, verdict in ((299, 299, "PASS"), (298, 298, "INCONCLUSIVE"), (299, 298, "FAIL")):
        cases = expected(count)
        assert one(cases, graded(cases, rights), **options).verdict == verdict, "ln 0.05 / ln 0.99 = 298.1"


def test_relative_divides_by_the_baseline() -> None:
    cases = expected(200)
    options: dict[str, Any] = {"kind": "relative", "limit": "1.5"}
    assert one(cases, graded(cases, 180), graded(cases, 90), **options).verdict == "PASS"
    assert one(cases, graded(cases, 100), graded(cases, 90), **options).verdict == "FAIL"
    line = one(cases, graded(cases, 180), graded(cases, 0), **options)
    assert (line.verdict, "nothing to divide by" in line.reason) == ("INCONCLUSIVE", True)


def test_a_gap_is_the_largest_between_any_two_groups() -> None:
    cases = expected(200, "eye", ("a",)) + expected(200, "ear", ("b",)) + expected(200, "nose", ("c",))
    options: dict[str, Any] = {"kind": "gap", "direction": "<=", "groups": ["a", "b", "c"]}
    tuned = {case.id: right(str(case.label)) if number % 200 < 180 else wrong() for number, case in enumerate(cases)}
    assert one(cases, tuned, limit="0.1", **options).verdict == "PASS"
    worse = tuned | {case.id: wrong() for case in cases[400:500]}
    line = one(cases, worse, limit="0.1", **options)
    assert (line.verdict, line.value) == ("FAIL", "0.500000")
    assert one(cases, tuned, limit="0.1", **options | {"groups": ["a", "none"]}).verdict == "INCONCLUSIVE"


def test_answers_lost_in_the_better_group_never_narrow_a_gap() -> None:
    cases = expected(200, "eye", ("a",)) + expected(200, "ear", ("b",))
    options: dict[str, Any] = {"kind": "gap", "direction": "<=", "groups": ["a", "b"], "limit": "0.15"}
    tuned = {
        case.id: right(str(case.label)) if number % 200 < (180, 160)[number // 200] else wrong()
        for number, case in enumerate(cases)
    }
    whole = one(cases, tuned, **options)
    assert whole.verdict == "INCONCLUSIVE"
    for gone in (cases[:20], cases[:60], cases[200:210], cases[170:230]):
        line = one(
            cases, {name: grades for name, grades in tuned.items() if name not in {c.id for c in gone}}, **options
        )
        assert float(line.high or 0) >= float(whole.high or 0)
        assert float(line.low or 0) <= float(whole.low or 0)
        assert line.verdict == "INCONCLUSIVE"


def test_clusters_make_cases_worth_fewer() -> None:
    cases = [replace(case, cluster=f"c{number // 10}") for number, case in enumerate(expected(200))]
    tuned = graded(cases, 180)
    assert one(cases, tuned, limit="0.85", cluster_key="none").verdict == "PASS"
    assert one(cases, tuned, limit="0.85").verdict == "INCONCLUSIVE"


def test_leaving_missing_answers_out_never_shows_more_than_counting_them() -> None:
    cases = expected(100)
    there = {name: grades for name, grades in graded(cases, 90).items() if name not in {cases[0].id, cases[1].id}}
    line = one(cases, there, missing_policy="excluded_with_bound")
    failing = one(cases, there)
    assert float(line.value or 0) > float(failing.value or 0)
    assert line.low == failing.low
    assert float(line.high or 0) >= float(failing.high or 0)
    assert line.n == 98
    assert "2 cases without an answer" in line.reason


def test_imported_measures_are_judged_by_the_bounds_their_source_gives() -> None:
    def measured(**changes: Any) -> ImportedMeasure:
        fields = {"name": "handling time", "value": "4", "n": 500, "unit": "min", "source": "s", "observed": "May"}
        return ImportedMeasure.model_validate(fields | changes)

    item = threshold(metric="measure:handling time", direction="<=", limit="5", layer="business_risk")
    for found, verdict in (
        (measured(), "INCONCLUSIVE"),
        (measured(complete=True), "PASS"),
        (measured(high="4.5", alpha="0.05"), "PASS"),
        (measured(high="5.5", alpha="0.05"), "INCONCLUSIVE"),
        (measured(low="3.5", high="4.5", alpha="0.1"), "INCONCLUSIVE"),
        (measured(value="6", low="5.5", alpha="0.05"), "FAIL"),
    ):
        evidence = Evidence(RUBRIC, expected(3), answers({}), measures=[found])
        assert verdicts([item], evidence).verdict == verdict
    assert verdicts([item], Evidence(RUBRIC, expected(3), answers({}))).verdict == "INCONCLUSIVE"


def test_a_criterion_that_decides_nothing_holds_back_what_rests_on_it() -> None:
    cases = expected(100)
    evidence = Evidence(RUBRIC, cases, answers(graded(cases, 100)), undecided={"answer": "nobody calibrated the judge"})
    for name, verdict in (("pass_rate", "INCONCLUSIVE"), ("exact_match", "INCONCLUSIVE"), ("valid_format", "PASS")):
        line = verdicts([threshold(metric=name)], evidence).verdicts[0]
        assert line.verdict == verdict
        assert ("nobody calibrated" in line.reason) == (verdict != "PASS")
