"""A sentence is known by its words, and its places take what the evidence holds: never words of whoever prints it."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.proof.pages.sentences import Match, Sentences
from governance.proof.words import vocabulary
from governance.proof.words.places import FIGURE, NAMES, NUMBER, Reader, Saying, TooLong, parts

HELD, PROSE = "a title", "all is well and nobody objected"
WORDS = st.text(alphabet="abc .:“”,", min_size=1, max_size=12)
DOCS = Path(__file__).parents[4] / "docs" / "reports.md"


def reader(*texts: str) -> Reader:
    """Return a reader over evidence that holds some texts."""
    return Reader({HELD, *texts}.__contains__, vocabulary.phrases())


def known() -> Iterator[str]:
    """Yield every sentence, claim, title and phrase that this version knows."""
    for module in vocabulary.said().values():
        yield from (*module["says"], *module["warns"])
    for told in vocabulary.telling().values():
        yield from (*told.title, *told.about, *told.sections)
        yield from (text for _, texts in (*told.proves, *told.does_not_prove) for text in texts)
    yield from (*vocabulary.former("says"), *vocabulary.former("warns"))
    for saying in vocabulary.phrases().values():
        yield from saying.of


def filled(sentence: str, value: str | None = None, at: int = -1) -> str:
    """Return a sentence whose places have what may stand there, but for a value at one of them."""
    words, places = parts(sentence)
    told = [value if n == at and value is not None else _fitting(place) for n, place in enumerate(places)]
    return words[0] + "".join(one + more for one, more in zip(told, words[1:], strict=True))


def _fitting(place: str) -> str:
    plain = {"": HELD, NUMBER: "3", FIGURE: "1.2 % to 3 %", NAMES: "case-1, case-2"}
    return plain[place] if place in plain else filled(vocabulary.phrases()[place].of[-1])


@given(words=st.lists(WORDS, min_size=2, max_size=4), values=st.lists(WORDS, min_size=3, max_size=3))
def test_what_the_evidence_holds_is_read_back_as_that_sentence_and_nothing_else(
    words: list[str], values: list[str]
) -> None:
    sentence, text = "{}".join(words), words[0]
    for value, more in zip(values, words[1:], strict=False):
        text += value + more
    held = reader(*values)
    assert Sentences([sentence, "something else"]).match(text, held) == Match(sentence, told=True)
    assert Sentences([sentence]).match(text.replace(values[0], "x", 1), reader(*values[1:])) is None


def test_the_sentence_that_says_most_is_meant_and_no_other_words_pass() -> None:
    sentences = Sentences(["{} of {}", "{#} rows of {}", "Nothing was refused."])
    held = reader("the set", "a list", "Reads 1, 2 and 3; or not")
    assert sentences.match("3 rows of the set", held) == Match("{#} rows of {}", told=False)
    assert sentences.match("the set of the set, a list and Reads 1, 2 and 3; or not", held) == Match("{} of {}", True)
    assert sentences.match("2026-11-27 of 4.5 %", held) == Match("{} of {}", told=False)
    assert sentences.match("Nothing was refused.", held) == Match("Nothing was refused.", told=True)
    for text in ("Nothing was refused", "Nothing at all was refused.", "the set of a set", "the set of the set, it is"):
        assert sentences.match(text, held) is None


@pytest.mark.attack(
    name="with the seal key, put words of your own into the places of known sentences",
    caught_by="the verifier: a place takes a text that the evidence holds, a number, a time, or a phrase of ours",
    unless="they are a number, or a name of a round of grading without white space, which it lists",
)
def test_no_known_sentence_takes_words_that_the_evidence_does_not_hold() -> None:
    held, taken, unread, free = reader(), [], [], set[str]()
    for sentence in set(known()):
        places = parts(sentence)[1]
        if held.read(sentence, filled(sentence)) is None:
            unread.append(sentence)
        for at in range(len(places)):
            told = filled(sentence, PROSE, at)
            taken += [told] if held.read(sentence, told) is not None else []
        free |= {sentence} if NAMES in places else set()
    assert (taken, unread) == ([], [])
    # What may stand there without being told by the evidence is named to whoever reads: names without white space.
    assert len(free) == 1, free
    said = " ".join(DOCS.read_text(encoding="utf-8").split())
    assert "names, without white space, of a round of grading" in said


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("{} {} {} {} {} {} {} {}.", "a title " * 400 + "x."),
        ("{}{}{}{}{}{}.", "3" * 3000 + "x."),
        ("{list}", "a title, " * 3000 + "and nothing else"),
        ("{list}{list} {list}.", "a title, a title; " * 300 + "x."),
    ],
)
def test_a_hostile_text_takes_no_more_steps_than_it_may(sentence: str, text: str) -> None:
    phrases = {"list": Saying(("{} {}", "{}, {}"), (", ", "; "))}
    held = Reader({HELD}.__contains__, phrases, steps=20_000)
    with suppress(TooLong):
        assert held.read(sentence, text) is None
    assert held.left > -len(text)
    assert held.left < 20_000
    spent = Reader({HELD}.__contains__, phrases, steps=2)
    with pytest.raises(TooLong):
        spent.read("{} of {} of {}.", "a title of a title of a title.")


def test_the_vocabulary_names_no_phrase_that_it_lacks() -> None:
    places = {place for sentence in known() for place in parts(sentence)[1]}
    assert places - {"", NUMBER, FIGURE, NAMES} <= vocabulary.phrases().keys()
    assert json.loads(Path(vocabulary.__file__).with_name(vocabulary.FILE).read_text(encoding="utf-8"))["phrases"]
