"""Pages held to axe's rules in light and in dark, and to the width of a telephone.

A page whose parts are in the same places in light and dark is looked at in whole in one of them, and for its colours in
the other. Of text that is drawn alike, on whichever page, axe looks at one piece (tests/support/accessibility.js).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, Scheme]] = ("light", "dark")
NARROW: Final = 360  # pixels

CONTRAST = "color-contrast"
COLOURS = (CONTRAST, "link-in-text-block")  # the rules of axe that look at colours, of those that are on
BY_COLOUR = "axe.getRules(['cat.color']).map((rule) => rule.ruleId)"
OFF = {"color-contrast-enhanced"}  # as axe comes
HELP = Path(__file__).with_suffix(".js").read_text()
# Most pages need neither: until it is asked for, a page holds them unread.
ON_EVERY_PAGE = f"window.bringAxe = () => {{ {AXE_SCRIPT}; {HELP} }};"
NOW = "document.documentElement.dataset.bsTheme"

# The combinations of colours, sizes and so on that axe has passed in this process; each names all that it depends on.
passed: set[str] = set()


def bring_axe(page: Page) -> None:
    """Put axe and `window.accessibility` into a page, unless they are there."""
    if not page.evaluate("window.accessibility ? true : window.bringAxe ? (bringAxe(), true) : false"):
        page.evaluate(f"() => {{ {AXE_SCRIPT}; {HELP} }}")


def violations(page: Page, schemes: Sequence[Scheme] = SCHEMES) -> Iterator[tuple[Scheme, bool, list[dict[str, Any]]]]:
    """Yield for each scheme whether all is where it was in the one before, and what axe finds: then only of colours."""
    bring_axe(page)
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
        alike = page.evaluate("accessibility.alike()") and scheme != schemes[0]
        found = [] if alike else page.evaluate("accessibility.others()")
        yield scheme, alike, found + contrast(page, [one for one in COLOURS if alike and one != CONTRAST])


def contrast(page: Page, rules: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return what axe finds against the contrast of text, and against `rules`."""
    unknown = [one for one in page.evaluate("accessibility.combinations()") if one not in passed]
    if not unknown and not rules:
        return []
    found, fine = page.evaluate("([keys, rules]) => accessibility.contrast(keys, rules)", [unknown, [*rules]])
    passed.update(fine)
    return list(found)


def accessible(page: Page) -> None:
    """Assert that axe finds nothing serious, in light and in dark, and that nothing sticks out of a narrow page."""
    page.wait_for_load_state("load")  # half of the styles would be half of the colours
    begun: Scheme = page.evaluate(NOW)
    for scheme, _, found in violations(page, sorted(SCHEMES, key=lambda one: one != begun)):
        serious = [one for one in found if one["impact"] in ("serious", "critical")]
        assert not serious, (scheme, [(one["id"], [node["html"] for node in one["nodes"]]) for one in serious])
    wide = page.viewport_size
    page.set_viewport_size({"width": NARROW, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW, page.url
    if wide is not None:
        page.set_viewport_size(wide)
