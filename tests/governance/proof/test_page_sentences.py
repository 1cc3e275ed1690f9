"""A sentence is known by its words, whatever stands in its places; one that says more, less or otherwise is none."""

from hypothesis import given
from hypothesis import strategies as st

from governance.proof.page_sentences import PLACE, Sentences

WORDS = st.text(alphabet="abc .:“”,", min_size=1, max_size=12)


@given(parts=st.lists(WORDS, min_size=2, max_size=4), values=st.lists(WORDS, min_size=3, max_size=3))
def test_what_is_filled_in_is_read_back_as_that_sentence(parts: list[str], values: list[str]) -> None:
    sentence = PLACE.join(parts)
    text = sentence
    for value in values:
        text = text.replace(PLACE, value, 1)
    found = Sentences([sentence, "something else"]).match(text)
    assert found is not None
    assert found[0] == sentence
    told = sentence
    for value in found[1]:
        told = told.replace(PLACE, value, 1)
    assert told == text


def test_the_sentence_that_says_most_is_meant_and_no_other_words_pass() -> None:
    known = Sentences(["{} of {}", "{} rows of {}", "Nothing was refused."])
    assert known.match("3 rows of the set") == ("{} rows of {}", ("3", "the set"))
    assert known.match("Nothing was refused.") == ("Nothing was refused.", ())
    assert known.match("Nothing was refused") is None
    assert known.match("Nothing at all was refused.") is None
