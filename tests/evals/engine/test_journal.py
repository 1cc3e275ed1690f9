"""The journal keeps what was answered, loses at most what was being written, and goes on only with the same work."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from evals.engine.answers import Answer
from evals.engine.backends.base import Key
from evals.engine.journal import FILE, Journal, binding

ANSWERS: dict[Key, Answer] = {
    (f"c{number}", repeat): Answer(f"text {number}\n„quoted“ \u2028", number, repeat == 1, 5, 0.1 + number / 7, 1e-7)
    for number in range(5)
    for repeat in (1, 2)
}


def written(folder: Path) -> bytes:
    with Journal(folder, "b") as journal:
        for key, answer in ANSWERS.items():
            journal.append({key: answer})
    return (folder / FILE).read_bytes()


def test_what_was_appended_is_there_to_the_last_bit(tmp_path: Path) -> None:
    written(tmp_path)
    with Journal(tmp_path, "b") as journal:
        assert journal.answers == ANSWERS
        assert list(journal.answers) == list(ANSWERS)


@given(st.data())
def test_whatever_is_torn_off_or_overwritten_at_the_end_what_stands_before_it_is_kept(
    tmp_path_factory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    content = written(folder)
    cut = data.draw(st.integers(0, len(content)))
    (folder / FILE).write_bytes(content[:cut] + data.draw(st.binary(max_size=40)))
    whole = max(content[:cut].count(b"\n") - 1, 0)
    with Journal(folder, "b") as journal:
        # Bytes that happen to complete the line are no tear.
        assert list(journal.answers.items()) == list(ANSWERS.items())[: len(journal.answers)]
        assert len(journal.answers) >= whole
        journal.append({key: answer for key, answer in ANSWERS.items() if key not in journal.answers})
    with Journal(folder, "b") as journal:
        assert journal.answers == ANSWERS


def test_answers_to_other_work_are_dropped(tmp_path: Path) -> None:
    written(tmp_path)
    with Journal(tmp_path, "other") as journal:
        assert journal.answers == {}
    with Journal(tmp_path, "b") as journal:
        assert journal.answers == {}


def test_everything_that_answers_depend_on_is_in_the_binding() -> None:
    spec, inputs, environment = (
        "sha256:1",
        {"documents/rubric.json": "r", "cases/a": "c", "base/m": "m"},
        {"torch": "2"},
    )
    same = binding(spec, dict(reversed(inputs.items())), environment)
    assert binding(spec, inputs, environment) == same
    others = [binding("sha256:2", inputs, environment), binding(spec, inputs, {"torch": "3"})]
    others += [binding(spec, inputs | {name: "x"}, environment) for name in inputs]
    others += [binding(spec, inputs | {"adapter/a": "a"}, environment)]
    assert len({same, *others}) == len(others) + 1
