"""What axe is shown of a page's text: one piece of each combination, and none that it has passed on another page."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support import accessibility
from tests.support.browser import open_page

pytestmark = pytest.mark.browser

STYLE = """
  body { background: #fff; color: #222; }
  .faint { color: #ddd; }
  .dark { background: #111; }
  .over { position: absolute; top: 0; left: 0; width: 300px; height: 60px; background: #444; }
  .free { position: relative; z-index: 1; }
  .row:nth-child(3) { color: #ccc; }
"""
ROWS = "".join(f"<div class='row'><p>Text of row {number}</p></div>" for number in range(5))


@pytest.fixture(scope="module")
def opened() -> Iterator[Page]:
    with open_page("http://127.0.0.1:1") as page:
        yield page


@pytest.fixture
def look(opened: Page, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that draws a page and says what axe finds against its contrast."""
    monkeypatch.setattr(accessibility, "passed", set())

    def looked(body: str) -> list[str]:
        style = STYLE.replace(".row", ".other") if "nth" not in body else STYLE
        opened.set_content(f"<html lang=en><title>A page</title><style>{style}</style><main>{body}</main>")
        accessibility.bring_axe(opened)
        found = accessibility.contrast(opened)
        return [node["html"] for rule in found for node in rule["nodes"]]

    return looked


def test_what_was_passed_is_not_looked_at_again(look, opened: Page) -> None:
    assert look(ROWS) == []
    assert accessibility.passed
    before = set(accessibility.passed)
    assert look(ROWS) == []
    assert accessibility.passed == before
    assert [one for one in opened.evaluate("accessibility.combinations()") if one not in before] == []


def test_the_same_text_on_another_ground_is_found(look) -> None:
    assert look("<p>Text</p>") == []
    assert look("<div class='dark'><p>Text</p></div>") == ["<p>Text</p>"]
    assert look("<div class='dark'><p>Text</p></div>") == ["<p>Text</p>"], "what failed was remembered as passed"


def test_one_of_many_that_a_style_alone_singles_out_is_found(look) -> None:
    assert look(f"<!-- nth -->{ROWS}") == ["<p>Text of row 2</p>"]


def test_one_colour_among_many_is_found(look) -> None:
    assert look(f"{ROWS}<p class='faint'>Hardly to be read</p>{ROWS}") == ['<p class="faint">Hardly to be read</p>']


def test_text_over_what_it_does_not_lie_in_is_found(look) -> None:
    assert look("<p class='free'>Below</p>") == []
    low = "<div style='height: 200px'></div><p class='free'>Far below</p>"
    found = look(f"<p class='free'>Text</p><div class='over'></div>{low}")
    assert found == ['<p class="free">Text</p>']


def test_where_axe_cannot_decide_about_one_it_looks_at_all(look) -> None:
    """A single character could be a picture, so axe leaves it open; words in the same colour are not."""
    assert look("<p class='faint'>x</p>") == []
    assert look("<p class='faint'>x</p><p class='faint'>Words</p>") == ['<p class="faint">Words</p>']


def test_what_is_hidden_first_and_shown_later_is_found(look, opened: Page) -> None:
    assert look("<details><summary>More</summary><p class='faint'>Words</p></details>") == []
    opened.evaluate("document.querySelector('details').open = true")
    assert [rule["id"] for rule in accessibility.contrast(opened)] == ["color-contrast"]


def test_an_input_and_what_it_is_called_are_looked_at(look) -> None:
    field = "<label for=a>Name</label><input id=a value='Carla' class='faint'>"
    assert [html.split()[0] for html in look(field)] == ["<input"]
    disabled = "<label class='faint' for=b>Name</label><input id=b disabled>"
    assert look(disabled) == []
    assert look(disabled + "<label class='faint' for=c>Name</label><input id=c>") == [
        '<label class="faint" for="c">Name</label>'
    ]
