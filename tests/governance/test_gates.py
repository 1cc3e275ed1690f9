"""The gate's verdict: properties of `decide`."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from governance.gates import GROUPS, Answer, Check, Verdict, Waived, Weight, decide, weight_of

Facts = dict[str, bool]
ORDER = {Weight.ADVISORY: 0, Weight.SOFT: 1, Weight.HARD: 2}


def ask(name: str):
    def answer(facts: Facts) -> Answer:
        passed = facts[name]  # a missing fact raises, as missing evidence does
        return Answer(passed, "this", "that", "Mend it.", "engineer")

    return answer


@st.composite
def checks(draw) -> list[Check[Facts]]:
    names = draw(st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8))
    return [
        Check(
            name,
            draw(st.sampled_from(GROUPS)),
            name.upper(),
            ask(name),
            default=draw(st.sampled_from(Weight)),
            least=draw(st.sampled_from(Weight)),
        )
        for name in names
    ]


facts = st.dictionaries(st.sampled_from("abcdefgh"), st.booleans())
weights = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from([w.value for w in Weight]))
WAIVED = Waived("sha256:" + "0" * 64, "Two People", "2027-01-01T00:00:00Z")
waived = st.dictionaries(st.sampled_from("abcdefgh"), st.just(WAIVED))


@given(checks(), facts, weights, waived)
def test_open_means_that_every_check_that_weighs_passed_or_was_waived(chosen, known, given_weights, waivers) -> None:
    verdict = decide(chosen, known, weights=given_weights, waived=waivers)
    blocking = [
        c.name
        for c in chosen
        if known.get(c.name) is not True
        and weight_of(c, given_weights) is not Weight.ADVISORY
        and not (weight_of(c, given_weights) is Weight.SOFT and c.name in waivers)
    ]
    assert verdict.open == (bool(chosen) and not blocking)
    assert sorted(f.check for f in verdict.findings) == sorted(blocking)
    assert verdict.as_dict()["open"] is verdict.open


@given(checks(), facts, weights, waived)
def test_every_check_answers_once_in_the_order_of_the_groups(chosen, known, given_weights, waivers) -> None:
    verdict = decide(chosen, known, weights=given_weights, waived=waivers)
    assert sorted(line.check for line in verdict.lines) == sorted(c.name for c in chosen)
    groups = [GROUPS.index(line.group) for line in verdict.lines]
    assert groups == sorted(groups)


@given(checks(), facts, weights, waived, st.sampled_from("abcdefgh"))
def test_a_better_fact_never_closes_the_gate(chosen, known, given_weights, waivers, name) -> None:
    before = decide(chosen, known, weights=given_weights, waived=waivers)
    after = decide(chosen, known | {name: True}, weights=given_weights, waived=waivers)
    assert after.open or not before.open
    assert {f.check for f in after.findings} <= {f.check for f in before.findings}


@given(checks(), facts, weights, waived, st.sampled_from("abcdefgh"))
def test_missing_evidence_is_worth_what_a_no_is_worth(chosen, known, given_weights, waivers, name) -> None:
    missing = decide(chosen, {k: v for k, v in known.items() if k != name}, weights=given_weights, waived=waivers)
    no = decide(chosen, known | {name: False}, weights=given_weights, waived=waivers)
    assert missing.open == no.open
    assert [line.blocks for line in missing.lines] == [line.blocks for line in no.lines]


@given(checks(), weights)
def test_no_policy_makes_a_check_lighter_than_its_least(chosen, given_weights) -> None:
    for check in chosen:
        assert ORDER[weight_of(check, given_weights)] >= ORDER[check.least]


@given(checks(), facts, weights)
def test_only_soft_checks_can_be_waived(chosen, known, given_weights) -> None:
    everything = dict.fromkeys("abcdefgh", WAIVED)
    verdict = decide(chosen, known, weights=given_weights, waived=everything)
    for line in verdict.lines:
        assert line.waived == (line.weight is Weight.SOFT and not line.answer.passed)
        if line.weight is Weight.HARD and not line.answer.passed:
            assert line.blocks


@given(checks(), facts, weights, waived, st.randoms(use_true_random=False))
def test_the_order_of_the_checks_does_not_matter(chosen, known, given_weights, waivers, random) -> None:
    mixed = random.sample(chosen, len(chosen))
    one = decide(chosen, known, weights=given_weights, waived=waivers)
    other = decide(mixed, known, weights=given_weights, waived=waivers)
    assert one.open == other.open
    assert set(one.lines) == set(other.lines)


def test_a_gate_without_checks_is_closed() -> None:
    assert not decide([], {}).open
    assert not Verdict(()).open


def test_a_check_that_breaks_says_what_broke() -> None:
    line = decide([Check("a", "plan", "A", ask("a"))], {}).lines[0]
    assert not line.answer.passed
    assert "KeyError" in line.answer.found
    assert line.blocks


def test_a_hostile_answer_does_not_pass_for_a_yes() -> None:
    class Odd:
        def __bool__(self) -> bool:
            raise RuntimeError("neither")

    check = Check[Facts]("a", "plan", "A", lambda facts: Answer(bool(Odd()), "x", "y"))
    assert not decide([check, replace(check, name="b", decide=lambda f: Answer(True, "", ""))], {}).open
