"""A page's content: what is read at once and what is read piece by piece is the same."""

import gc
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.proof.files.uncollected import uncollected
from governance.proof.reading.content import Content, ContentError, Form, read_content
from governance.proof.words.typefaces import Subset

FONTS = {
    "F1+0": Subset("Face", {code: chr(code) if 32 <= code < 127 else "\0" for code in range(256)}, [0.5] * 256),
}
LETTERS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
PLACES = st.decimals(-500, 500, places=3).map(str)


def read(content: str) -> Content:
    def form(name: str) -> Form:
        raise ContentError(name)

    found = read_content(content.encode("latin-1"), FONTS, form)
    return replace(found, runs=[replace(run, line=0) for run in found.runs])


def escaped(text: str) -> str:
    return "".join("\\" + letter if letter in "()\\" else letter for letter in text)


@given(LETTERS, PLACES, PLACES, st.sampled_from(["1 0 0 1 3 4", "2 0 0 1.5 -7 .5", "1 0 0 1 0 0"]))
def test_a_line_of_text_is_read_alike_at_once_and_piece_by_piece(text: str, x: str, y: str, moved: str) -> None:
    body = "q\n{} cm\n/TD <</MCID 0>> BDC\nBT 1 0 0 1 {} {} Tm /F1+0 9 Tf 11 TL ({}) Tj T*{} ET\nEMC\nQ"
    at_once = read(body.format(moved, x, y, escaped(text), ""))
    assert at_once == read(body.format(moved, x, y, escaped(text), " "))
    assert [run.text for run in at_once.runs] == [text]
    assert at_once.tags == {0: "TD"}


@given(PLACES, PLACES, PLACES, PLACES)
def test_a_straight_line_is_read_alike_at_once_and_piece_by_piece(x: str, y: str, across: str, up: str) -> None:
    body = "/Artifact BMC\nq\n1 0 0 2 5 6 cm\n.5 w\nn {} {} m {} {} l S{}\nQ\nEMC"
    at_once = read(body.format(x, y, across, up, ""))
    assert at_once == read(body.format(x, y, across, up, " "))
    assert len(at_once.shapes) == 1


@pytest.mark.parametrize(
    "content",
    [
        "/TD <</MCID 0>> BDC\n/TD <</MCID 1>> BDC\nBT 1 0 0 1 1 1 Tm /F1+0 9 Tf 11 TL (a) Tj T* ET\nEMC\nEMC",
        "/TD <</MCID 1>> BDC\nBT 1 0 0 1 1 1 Tm /F1+0 9 Tf 11 TL (a) Tj T* ET\nEMC",
        "BT 1 0 0 1 1 1 Tm /F1+0 9 Tf 11 TL (a) Tj T* ET",
        "BT 1 0 0 1 1 1 Tm /F1+0 9 Tf 11 TL (a) Tj T* ET\nEMC",
        "n 0 0 m 9 9 l S",
        "/TD <</MCID 0>> BDC\nBT 1 0 0 1 1 1 Tm /F2+0 9 Tf 11 TL (a) Tj T* ET\nEMC",
        "/TD <</MCID 0>> BDC\nBT 1 0 0 1 1 1 Tm /F1+0 3 Tf 11 TL (a) Tj T* ET\nEMC",
        "/TD <</MCID 0>> BDC\nBT 1 0 0 1 1 1 Tm /F1+0 9 Tf 11 TL (\\001) Tj T* ET\nEMC",
        "/TD <</MCID 0>> BDC\nBT 1 0 0 1 1 1 Tm /F1+0 9 Tf 11 TL (a) Tj T* ET 3 Tr\nEMC",
        "/TD <</MCID 0>> BDC\nq\n-1 0 0 1 0 0 cm\nBT 1 0 0 1 1 1 Tm /F1+0 9 Tf 11 TL (a) Tj T* ET\nQ\nEMC",
    ],
    ids=["nested", "number", "bare", "end", "line", "font", "small", "code", "more", "mirrored"],
)
def test_what_is_read_at_once_is_refused_as_ever(content: str) -> None:
    with pytest.raises(ContentError):
        read(content)


def test_looking_for_garbage_goes_on_after_work_that_fails() -> None:
    @uncollected()
    def work() -> None:
        with uncollected():
            pass
        assert not gc.isenabled()
        raise ContentError

    for _ in range(2):
        with pytest.raises(ContentError):
            work()
        assert gc.isenabled()
