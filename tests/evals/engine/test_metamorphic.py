"""What must hold whatever a model answers: of every metric, over every grader that a metric is counted from.

Permuting cases changes nothing; a failing case more never helps; a missing output is never better than a wrong one;
turning an answer wrong never helps.
"""

import random
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.engine import estimators
from evals.engine.graders.base import Key
from evals.engine.grading import Grading
from evals.engine.metric_names import METRICS, NOT_OF_CASES, metric
from evals.engine.metrics import names
from evals.engine.samples import Answers, Call, sample
from evals.engine.spec import Case, RubricBody
from evals.engine.verdicts import Evidence, verdicts
from tests.evals.engine.builders import case, rubric, rubric_dict, threshold

RANK = {"FAIL": 0, "INCONCLUSIVE": 1, "PASS": 2}
LABELS = ["eye", "ear", "nose"]
SIGNS = {"field": "does"}


def criterion(name: str, grader: str, weight: str = "0", **parameters: Any) -> dict[str, Any]:
    return dict(rubric_dict()["criteria"][0], name=name, grader=grader, parameters=parameters, weight=weight)


def body(repeats: int = 1) -> RubricBody:
    """A rubric with every grader that a metric is counted from."""
    return rubric(
        criteria=[
            criterion("answer", "exact", "0.5"),
            criterion("form", "json_schema", "0.5"),
            criterion("label", "label"),
            criterion("record", "fields", fields=["chapter", "dose"], partial=True, met_from="0.9"),
            criterion("does", "behaviour", abstain=SIGNS | {"values": ["abstain"]},
                      escalate=SIGNS | {"values": ["escalate"]}),
            criterion("refusal", "refusal", signs=SIGNS | {"values": ["refuse"]}),
            criterion("near", "chrf", met_from="0.9"),
            criterion("words", "rouge", met_from="0.9"),
            criterion("grams", "bleu", met_from="0.9"),
            criterion("pattern", "regex", pattern="eye|ear|nose"),
            criterion("policy", "policy", forbidden=["never"]),
            criterion("holds", "containment"),
        ],
        output={"format": "json", "schema": {"type": "object", "required": ["chapter"]}, "label_field": "chapter"},
        decoding=rubric_dict()["decoding"] | {"repeats": repeats},
    )  # fmt: skip


RUBRIC = body()
GRADING = Grading(RUBRIC)
WRONG = '{"chapter":"never","dose":"0","does":"nothing","more":1}'


def target(label: str, dose: str, does: str) -> str:
    return f'{{"chapter":"{label}","dose":"{dose} mg","does":"{does}"}}'


@st.composite
def worlds(draw: st.DrawFn, repeats: int = 1) -> tuple[list[Case], dict[Key, str]]:
    """Cases, and answers to some of them: right, wrong in some part, unreadable or missing."""
    size = draw(st.integers(2, 14))
    cases, answers = [], dict[Key, str]()
    expectations = {"answer": "answers", "abstain": "abstain", "escalate": "escalate", "refuse": "refuse"}
    for number in range(size):
        expects = draw(st.sampled_from(sorted(expectations)))
        right = target(draw(st.sampled_from(LABELS)), str(draw(st.integers(1, 3))), expectations[expects])
        cluster = draw(st.sampled_from([None, "one", "two"]))
        weight = draw(st.sampled_from(["1", "1", "2.5"]))
        cases.append(case(f"c{number:02}", right, expects=expects, cluster=cluster, weight=weight))
        for repeat in range(1, repeats + 1):
            other = target(draw(st.sampled_from(LABELS)), "2", draw(st.sampled_from(sorted(expectations.values()))))
            text = draw(st.sampled_from([right, right, other, WRONG, "not JSON", None]))
            if text is not None:
                answers[f"c{number:02}", repeat] = text
    return cases, answers


def measured(cases: list[Case], texts: dict[Key, str], grading: Grading = GRADING) -> Answers:
    return Answers(grading.grade_all(cases, texts), {key: Call(0.5, 10, 0.001) for key in texts})


Values = dict[str, float | None]


def values(names: list[str], cases: list[Case], texts: dict[Key, str], grading: Grading = GRADING) -> Values:
    """Return each metric of the same answers, which are graded once for all of them."""
    known, answers = grading.expected(cases), measured(cases, texts, grading)
    found = {name: sample(name, known, answers, grading.rubric) for name in names}
    alone = {name: None if one is None else estimators.alone(name, one, 0.05) for name, one in found.items()}
    return {name: None if one is None else one.value for name, one in alone.items()}


def better(after: Values, before: Values) -> list[str]:
    """Return the metrics that are better than they were, of those that there are both times."""
    both = {name: (found, before[name]) for name, found in after.items()}
    return [name for name, (new, old) in both.items() if new is not None and old is not None and new > old + 1e-12]


QUALITY = sorted(
    name for name in names(RUBRIC, GRADING.expected([case(x, target(x, "1", "answers")) for x in LABELS]))
    if not metric(name).unit
)  # fmt: skip
RIGHT_OR_WRONG = [name for name in QUALITY if metric(name).family == "share" and name != "refusal_rate"]


def test_every_metric_of_answers_is_tried() -> None:
    heads = {name.partition(":")[0] for name in QUALITY}
    left = {name for name, found in METRICS.items() if not found.unit and found.family not in NOT_OF_CASES} - heads
    assert left == {"consistency"}, "which is about answers that agree, right or wrong: see test_graders"


@given(worlds(), st.randoms())
@settings(max_examples=10, deadline=None)
def test_the_order_of_cases_changes_nothing(world: tuple[list[Case], dict[Key, str]], shuffler: random.Random) -> None:
    cases, texts = world
    items = [threshold(id=f"t{n}", metric=name, limit="0.5") for n, name in enumerate(QUALITY)]
    before = verdicts(items, Evidence(RUBRIC, GRADING.expected(cases), measured(cases, texts)))
    shuffled, keys = list(cases), list(texts)
    shuffler.shuffle(shuffled)
    shuffler.shuffle(keys)
    again = measured(shuffled, {key: texts[key] for key in keys})
    assert verdicts(items, Evidence(RUBRIC, GRADING.expected(shuffled), again)) == before


@given(world=worlds())
@settings(max_examples=24, deadline=None)
def test_a_failing_case_more_never_helps(world: tuple[list[Case], dict[Key, str]]) -> None:
    cases, texts = world
    failing = case("d", target("eye", "1", "escalate"), expects="escalate")
    after = values(QUALITY, [*cases, failing], texts | {("d", 1): "not JSON"})
    assert better(after, values(QUALITY, cases, texts)) == []


@given(world=worlds(), data=st.data())
@settings(max_examples=24, deadline=None)
def test_a_missing_output_is_never_better_than_a_wrong_one(
    world: tuple[list[Case], dict[Key, str]], data: st.DataObject
) -> None:
    cases, texts = world
    lost = data.draw(st.sampled_from(cases))
    key = (lost.id, 1)
    others = {name: text for name, text in texts.items() if name != key}
    label, does = data.draw(st.sampled_from(LABELS)), data.draw(st.sampled_from(["answers", "abstain", "escalate"]))
    answers = [WRONG, "not JSON", *([target(label, "9", does)] if f'"{label}"' not in str(lost.target) else [])]
    wrong = data.draw(st.sampled_from(answers))
    assert better(values(QUALITY, cases, others), values(QUALITY, cases, others | {key: wrong})) == []


@given(world=worlds(), data=st.data())
@settings(max_examples=24, deadline=None)
def test_turning_an_answer_wrong_never_helps(world: tuple[list[Case], dict[Key, str]], data: st.DataObject) -> None:
    cases, texts = world
    chosen = data.draw(st.sampled_from(cases))
    right = texts | {(chosen.id, 1): str(chosen.target)}
    wrong = right | {(chosen.id, 1): data.draw(st.sampled_from([WRONG, "not JSON"]))}
    # A share that is neither good nor bad by itself: an answer that does not refuse is no failure of it.
    left = {"refusal_rate"} if chosen.expects != "refuse" else set()
    assert set(better(values(QUALITY, cases, wrong), values(QUALITY, cases, right))) <= left


@given(world=worlds(), data=st.data())
@settings(max_examples=30, deadline=None)
def test_no_verdict_gets_better_by_a_wrong_or_a_lost_answer(
    world: tuple[list[Case], dict[Key, str]], data: st.DataObject
) -> None:
    cases, texts = world
    plain = [found.model_copy(update={"weight": "1", "cluster": None}) for found in cases]
    chosen = data.draw(st.sampled_from(plain))
    right = texts | {(chosen.id, 1): str(chosen.target)}
    wrong = right | {(chosen.id, 1): WRONG}
    lost = {key: text for key, text in right.items() if key != (chosen.id, 1)}
    known = GRADING.expected(plain)
    base = measured(plain, {(found.id, 1): str(found.target) for found in plain[::2]})
    answered = [measured(plain, found) for found in (right, wrong, lost)]
    for name, options in product(
        RIGHT_OR_WRONG,
        (
            {"limit": "0.4"},
            {"limit": "0.2", "kind": "non_inferiority"},
            {"limit": "0.3", "kind": "zero_tolerance"},
        ),
    ):
        item = threshold(metric=name, **options)
        ranks = [
            RANK[verdicts([item], Evidence(RUBRIC, known, found, {"baseline": base})).verdict] for found in answered
        ]
        assert ranks[0] >= ranks[1] >= ranks[2], (name, options)


@given(worlds(repeats=3))
@settings(max_examples=10, deadline=None)
def test_a_case_asked_three_times_is_one_case_with_the_mean_of_three(world: tuple[list[Case], dict[Key, str]]) -> None:
    cases, texts = world
    thrice = Grading(body(3))
    metrics = ["pass_rate", "exact_match", "met:label", "score:record"]
    alone = [
        values(metrics, cases, {(case, 1): text for (case, repeat), text in texts.items() if repeat == number})
        for number in (1, 2, 3)
    ]
    for name, together in values(metrics, cases, texts, thrice).items():
        assert together == pytest.approx(sum(found[name] or 0 for found in alone) / 3)
    found = sample("pass_rate", thrice.expected(cases), measured(cases, texts, thrice), thrice.rubric)
    assert found is not None
    assert len(found.cases) == len(cases)


def test_a_heavier_case_counts_for_more() -> None:
    cases = [case("a", target("eye", "1", "answers"), weight="3"), case("b", target("eye", "1", "answers"))]
    answers = {("a", 1): str(cases[0].target), ("b", 1): WRONG}
    assert values(["exact_match"], cases, answers) == {"exact_match": 0.75}
