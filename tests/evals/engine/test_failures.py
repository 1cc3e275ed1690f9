"""The index of a file of outputs: every answer once, found again by its place, counted and filtered as defined."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from evals.engine import searching
from evals.engine.failures import FAILING, OUTCOMES, Index, Wanted, became, chosen, counts, moved, newly_wrong, read
from evals.engine.output_lines import OutputsInvalid
from evals.engine.outputs_index import index
from evals.engine.searching import Search, TooMuchWork
from evals.engine.spec import Case
from tests.evals.engine.builders import case, outputs, rubric

RUBRIC = rubric()
TWICE = rubric(decoding={"max_new_tokens": 8, "do_sample": True, "temperature": "1", "seed": 1, "repeats": 2,
                         "batch_size": 4, "precision": "fp32"})  # fmt: skip
SAID = ['{"chapter":"eye"}', '{"chapter":"ear"}', '{"chapter":"nose"}', "no JSON\u2028at all", "", None]
answers = st.lists(st.tuples(st.sampled_from(SAID), st.sampled_from(SAID)), min_size=1, max_size=6)


def cases(count: int) -> list[Case]:
    return [case(f"c{n}", slices=["common"] if n % 2 else ["common", "rare"]) for n in range(count)]


def indexed(said: list[tuple[str | None, str | None]]) -> tuple[Index, bytes, list[Case]]:
    known = cases(len(said))
    texts = {
        (one.id, repeat): text
        for one, pair in zip(known, said, strict=True)
        for repeat, text in enumerate(pair, start=1)
        if text is not None
    }
    data = outputs(TWICE, known, texts, "base")
    return index(data, known, TWICE, "base"), data, known


@settings(deadline=None, max_examples=40)
@given(answers)
def test_every_answer_is_there_once_and_found_by_its_place(tmp_path_factory, said) -> None:
    found, data, known = indexed(said)
    path = tmp_path_factory.mktemp("outputs") / "outputs.jsonl"
    path.write_bytes(data)
    assert [(one.case, one.repeat) for one in found.answers] == [(c.id, n) for c in known for n in (1, 2)]
    for looked, line in read(path, found.answers):
        text = said[int(looked.case[1:])][looked.repeat - 1]
        assert (line and line.output) == text
        assert (looked.outcome == "missing") == (text is None)
        assert (looked.outcome == "passed") == (text == SAID[0])
    assert Index.of(found.told()) == found


@settings(deadline=None, max_examples=40)
@given(answers)
def test_counts_add_up_whatever_was_said(tmp_path_factory, said) -> None:
    found, data, known = indexed(said)
    path = tmp_path_factory.mktemp("outputs") / "outputs.jsonl"
    path.write_bytes(data)
    by_id = {one.id: one for one in known}
    for row in counts(found):
        assert row.n == 2 * sum(row.slice in ("all", *one.slices) for one in known)
        for outcome in OUTCOMES:
            wanted = Wanted(slice=row.slice, outcome=outcome)
            assert len(chosen(found, wanted, by_id, path)) == row.outcomes[outcome]
        assert row.failing == len(chosen(found, Wanted(slice=row.slice), by_id, path))
        for criterion, count in row.criteria.items():
            missed = chosen(found, Wanted(slice=row.slice, criterion=criterion, outcome="any"), by_id, path)
            assert count.failed == len(missed)
            assert sum(row.outcomes[o] for o in ("unparsed", "missing")) <= count.failed <= count.n


def test_texts_are_searched_in_question_and_answer(tmp_path: Path) -> None:
    found, data, known = indexed([(SAID[1], SAID[3]), (None, SAID[0])])
    (tmp_path / "o").write_bytes(data)

    def ask(**wanted: str) -> list[tuple[str, int]]:
        by_id = {one.id: one for one in known}
        looked = chosen(found, Wanted.model_validate({"outcome": "any"} | wanted), by_id, tmp_path / "o")
        return [(one.case, one.repeat) for one in looked]

    assert ask(text="QUESTION OF C1") == [("c1", 1), ("c1", 2)]
    assert ask(text="no json") == [("c0", 2)]
    assert ask(pattern="^question of c[01]$", text="ear") == [("c0", 1)]
    assert ask(pattern="(a+)+$", outcome="failed") == []
    assert set(OUTCOMES) - {"passed"} == FAILING
    for bad in ({"pattern": "("}, {"pattern": "(?=a)"}, {"outcome": "bad"}, {"other": "x"}):
        with pytest.raises(ValidationError):
            Wanted.model_validate(bad)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("a" * 201, "at most 200 characters"),
        ("|".join(f"(?:.*a.{{{1000 - n}}}c)" for n in range(9)), "71,815 steps|too many steps"),
        ("(?:[ab]*a[ab]{1000}c)" * 5, "steps, expected at most 4,000"),
        (r"\pL{1000}", "RE2 cannot read"),
    ],
)
def test_a_pattern_of_more_steps_than_a_request_may_take_is_none(pattern: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Wanted(pattern=pattern)


def test_a_search_ends_when_a_text_is_too_long_for_it_or_its_time_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    large = Wanted(pattern="(?:[ab]*a[ab]{1000}c)|(?:[ab]*b[ab]{999}d)").pattern
    assert large is not None
    assert not Search(large).found_in("ab" * 100)
    with pytest.raises(TooMuchWork, match="200,000 bytes is too long for this pattern"):
        Search(large).found_in("ab" * 100_000)
    assert Search("d$").found_in("ab" * 100_000 + "d"), "the same text, and a pattern of few steps"

    ticks = iter(range(0, 1000, 2))
    monkeypatch.setattr(searching, "time", SimpleNamespace(thread_time=lambda: next(ticks)))
    search = Search("x")
    assert not search.found_in("a")
    assert search.found_in("x")
    with pytest.raises(TooMuchWork, match="more than 3 seconds"):
        search.found_in("x")


def test_grades_that_were_merely_written_down_are_refused() -> None:
    known = cases(1)
    data = outputs(RUBRIC, known, {"c0": str(SAID[1])}, "base").replace(b'"passed":false', b'"passed":true')
    with pytest.raises(OutputsInvalid, match="grades for case 'c0' other than"):
        index(data, known, RUBRIC, "base")


@settings(max_examples=25)
@given(st.lists(st.tuples(*[st.sampled_from(SAID)] * 4), min_size=1, max_size=4))
def test_what_moved_from_one_result_to_another_is_counted_once_and_turns_around(
    said: list[tuple[str | None, ...]],
) -> None:
    before, now = (indexed([(one[i], one[i + 1]) for one in said])[0] for i in (0, 2))
    there, back = moved(before, now), moved(now, before)
    lost, gained = newly_wrong(before, now), newly_wrong(now, before)
    passed = [sum(found.outcome == "passed" for found in each.answers) for each in (before, now)]
    overall = there["all"]
    assert (overall.still_right + overall.newly_wrong, overall.still_right + overall.newly_right) == tuple(passed)
    assert sum(overall.model_dump().values()) == len(now.answers)
    turned = {name: (row.still_right, row.newly_wrong, row.newly_right, row.still_wrong) for name, row in back.items()}
    assert turned == {name: tuple(row.model_dump().values()) for name, row in there.items()}
    assert (bool(lost), bool(gained)) == (overall.newly_wrong > 0, overall.newly_right > 0)


@given(answers)
def test_what_a_result_keeps_is_what_its_page_counts(said: list[tuple[str | None, str | None]]) -> None:
    found = indexed(said)[0]
    kept = {name: row.model_dump() for name, row in became(found).items()}
    assert list(kept) == [row.slice for row in counts(found)]
    for row in counts(found):
        assert {name: kept[row.slice][name] for name in OUTCOMES} == row.outcomes
        assert kept[row.slice]["missed"] == {name: vars(one) for name, one in row.criteria.items()}
