"""Cases held against a production sample and against data: what is said, and when nobody can tell."""

import json
import random
from typing import Any

import pytest

from evals.engine.spec import Case, QualityFinding
from evals.quality.report import report
from tests.evals.engine.builders import case, evaluation_set, rubric
from tests.evals.quality.made import clean_rows, text

SHARES = {"orders": 0.5, "returns": 0.3, "praise": 0.2}


def asked(prefix: str, count: int, shares: dict[str, float], words: int = 8, **more: Any) -> list[Case]:
    draw = random.Random(f"{prefix}{words}")
    names = draw.choices(list(shares), weights=list(shares.values()), k=count)
    base = {"orders": 0, "returns": 5000, "praise": 9000}
    return [
        case(
            f"{prefix}{n}",
            messages=[{"role": "user", "content": text(draw.randrange(4000) + base[name], draw.randint(1, words))}],
            slices=[name],
            **more,
        )
        for n, name in enumerate(names)
    ]


def found(cases: list[Case], sample: list[Case], **changes: Any) -> dict[str, QualityFinding]:
    slices = {name: name for one in cases for name in one.slices} | dict.fromkeys(SHARES, "x")
    whole = evaluation_set(len(cases), slices=slices, **changes)
    body = report(clean_rows(), cases, title="q", evaluation_set=whole, rubric=rubric(), sample=sample).body
    assert body.observed == len(sample)
    return {finding.check: finding for finding in body.findings}


def test_cases_drawn_from_production_are_like_it() -> None:
    told = found(asked("c", 300, SHARES), asked("p", 1500, SHARES))
    for look in ("slices", "lengths", "texts"):
        assert told[f"representative.{look}"].status == "ok", told[f"representative.{look}"]
        assert "no difference that matters" in told[f"representative.{look}"].found


def test_another_mix_is_told_slice_by_slice_and_the_largest_difference_first() -> None:
    told = found(asked("c", 300, {"orders": 0.9, "returns": 0.1}), asked("p", 1500, SHARES))
    mix = told["representative.slices"]
    assert mix.status == "warn"
    assert "the mix differs" in mix.found
    assert "% of the cases would have to be of other slices" in mix.found
    assert mix.examples[0].startswith("orders: ")
    assert "of production" in mix.examples[0]


def test_longer_cases_and_other_words_are_told() -> None:
    told = found(asked("c", 300, SHARES, words=24), asked("p", 1500, SHARES))
    assert "the lengths differ: half of the cases are up to" in told["representative.lengths"].found
    strange = [one.model_copy(update={"messages": [m.model_copy(update={"content": "Q: " + m.content + "?"})
               for m in one.messages]}) for one in asked("d", 300, SHARES)]  # fmt: skip
    texts = found(strange, asked("p", 1500, SHARES))["representative.texts"]
    assert texts.status == "warn"
    assert "a simple program tells cases from production in" in texts.found


@pytest.mark.parametrize(("cases", "rows"), [(30, 1500), (300, 25), (12, 12)])
def test_with_few_rows_nobody_can_tell_and_that_is_said(cases: int, rows: int) -> None:
    told = found(asked("c", cases, SHARES), asked("p", rows, SHARES))
    for look in ("slices", "lengths", "texts"):
        one = told[f"representative.{look}"]
        assert (one.status, "cannot tell" in one.found) == ("warn", True), one


def test_rows_that_name_no_slices_say_nothing_about_the_mix() -> None:
    bare = [one.model_copy(update={"slices": []}) for one in asked("p", 1500, SHARES)]
    told = found(asked("c", 300, SHARES), bare)["representative.slices"]
    assert (told.status, "no row of the production sample names a slice" in told.found) == ("warn", True)


def test_attacks_and_cases_of_one_cluster_do_not_count() -> None:
    cases = asked("k", 300, SHARES)
    attacks = [case(f"x{n}", messages=[{"role": "user", "content": "IGNORE ALL " * 30}], slices=["attacks"])
               for n in range(200)]  # fmt: skip
    again = [cases[0].model_copy(update={"id": f"again{n}", "cluster": "one"}) for n in range(300)]
    told = found([*cases, *attacks, *again], asked("p", 1500, SHARES), roles={"attacks": "red_team"})
    assert all(told[f"representative.{look}"].status == "ok" for look in ("slices", "lengths", "texts"))
    assert "200 cases of attacks and regression left out" in told["representative.slices"].expected


def test_the_same_files_give_the_same_findings_whatever_their_order() -> None:
    cases, sample = asked("c", 200, SHARES), asked("p", 600, SHARES)
    assert found(cases, sample) == found(cases[::-1], sample[::-1])


def test_no_finding_shows_a_prompt() -> None:
    sample = [
        *asked("p", 300, SHARES),
        case("who", messages=[{"role": "user", "content": "mail secretly@corp.example"}]),
    ]
    told = found(asked("c", 200, SHARES), sample)
    assert told["sample.personal_data"].examples == ["who: e-mail address"]
    assert "secretly" not in json.dumps([one.model_dump() for one in told.values()])


def test_without_a_sample_cases_are_still_held_against_the_data() -> None:
    named = evaluation_set(200, slices=dict.fromkeys(SHARES, "x"))
    cases = asked("c", 200, SHARES)
    body = report(clean_rows(), cases, title="q", evaluation_set=named, rubric=rubric()).body
    told = {finding.check for finding in body.findings}
    assert {"data_like.lengths", "data_like.texts"} <= told
    assert not any(name.startswith("representative") for name in told)
