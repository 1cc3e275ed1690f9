"""What a result says beside its metrics: which answers are missing where, and how far repeats are apart."""

from hypothesis import given
from hypothesis import strategies as st

from evals.engine.grading import Grading
from evals.engine.metrics import by_repeat, measure, missing_in
from evals.engine.outputs import read_outputs
from tests.evals.engine.builders import case, outputs, rubric

TWICE = rubric(decoding={"max_new_tokens": 8, "do_sample": True, "temperature": "1", "seed": 1, "repeats": 2,
                         "batch_size": 4, "precision": "fp32"})  # fmt: skip
RIGHT, WRONG = '{"chapter":"eye"}', '{"chapter":"ear"}'
said = st.lists(st.tuples(st.sampled_from([RIGHT, WRONG, None]), st.sampled_from([RIGHT, WRONG, None])), min_size=1,
                max_size=8)  # fmt: skip


@given(said, st.integers(1, 5))
def test_repeats_and_gaps_add_up_to_what_was_measured(pairs, weight) -> None:
    cases = [
        case(f"c{n}", slices=["odd"] if n % 2 else ["even"], weight=str(weight if n == 0 else 1))
        for n in range(len(pairs))
    ]
    texts = {(f"c{n}", r): text for n, pair in enumerate(pairs) for r, text in enumerate(pair, 1) if text is not None}
    grading = Grading(TWICE)
    found, known = read_outputs(outputs(TWICE, cases, texts), cases, grading, "tuned"), grading.expected(cases)
    rates = [float(rate) for rate in by_repeat(TWICE, known, found)]
    assert len(rates) == 2
    whole = measure(TWICE, known, found)["all"]["pass_rate"]
    assert abs(sum(rates) / 2 - float(whole.value)) < 2e-6
    silent = [n for n, pair in enumerate(pairs) if pair == (None, None)]
    expected = {"even": sum(n % 2 == 0 for n in silent), "odd": sum(n % 2 for n in silent)}
    assert missing_in(known, found) == {name: count for name, count in expected.items() if count}


def test_what_is_asked_once_has_no_repeats() -> None:
    once, cases = rubric(), [case("c")]
    grading = Grading(once)
    found = read_outputs(outputs(once, cases, {"c": RIGHT}), cases, grading, "tuned")
    assert by_repeat(once, grading.expected(cases), found) == []
