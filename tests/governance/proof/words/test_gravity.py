"""The order of warnings, whatever their texts are: nobody's title or reason may keep a report from being made."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.proof.words.gravity import ORDER, place

HOSTILE = ["5²6", "²", "x 5²", "٣", "1²2", "9" * 5000, "0" * 5000, f"See document {'9' * 5000}.", "See document ٣."]
TEXTS = st.one_of(st.text(), st.sampled_from(HOSTILE), st.from_regex(r"[0-9²٣ a-c]{0,12}", fullmatch=True))


@given(st.lists(st.tuples(st.sampled_from([*ORDER, "Another"]), TEXTS), min_size=2, max_size=6))
def test_all_warnings_have_an_order(warnings: list[tuple[str, str]]) -> None:
    forwards, backwards = (sorted(place(label, text) for label, text in told) for told in (warnings, warnings[::-1]))
    assert forwards == backwards


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (("Revoked", "z See document 9."), ("Lapsed", "a See document 1.")),
        (("Revoked", "z See document 9."), ("Revoked", "a See document 10.")),
        (("Revoked", "z See document 99."), ("Revoked", "a")),
        (("Refused", "9 acts"), ("Refused", "10 acts")),
        (("Refused", "009 acts"), ("Refused", "10 acts")),
        (("Erased", "entry 2, word a"), ("Erased", "entry 2, word b")),
        (("Waived", "9" * 5000), ("Waived", "1" + "0" * 5000)),
    ],
)
def test_the_gravest_label_leads_then_the_document_then_the_text(first: tuple[str, str], then: tuple[str, str]) -> None:
    assert place(*first) < place(*then)
    assert place("Waived", "See document 12345678901.")[1] == math.inf, "no report has so many"
