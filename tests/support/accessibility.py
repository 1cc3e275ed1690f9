"""Pages held to axe's rules in light and in dark, and to the width of a telephone.

A page whose parts are in the same places in light and dark is looked at in whole in one of them, and for its colours in
the other.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, Scheme]] = ("light", "dark")
NARROW: Final = 360  # pixels

COLOURS = ("color-contrast", "link-in-text-block")  # the rules of axe that look at colours, of those that are on
BY_COLOUR = "axe.getRules(['cat.color']).map((rule) => rule.ruleId)"
OFF = {"color-contrast-enhanced"}  # as axe comes
RUN_AXE = "axe.run({resultTypes: ['violations']})"
RUN_COLOURS = f"axe.run({{resultTypes: ['violations'], runOnly: {{type: 'rule', values: {[*COLOURS]}}}}})"
# Where every part of the page is; remembered in the page, and compared.
PLACES = """(() => [...document.querySelectorAll("body *")].map((part) => {
  const box = part.getBoundingClientRect();
  return [box.x, box.y, box.width, box.height];
}).join())()"""
REMEMBER = f"() => {{ window.places = {PLACES}; }}"
ALIKE = f"() => window.places === {PLACES}"
NOW = "document.documentElement.dataset.bsTheme"


def violations(page: Page, schemes: Sequence[Scheme] = SCHEMES) -> Iterator[tuple[Scheme, bool, list[dict[str, Any]]]]:
    """Yield for each scheme whether all is where it was in the one before, and what axe finds: then only of colours."""
    page.evaluate(AXE_SCRIPT)
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
        alike = scheme != schemes[0] and page.evaluate(ALIKE)
        found = page.evaluate(RUN_COLOURS if alike else RUN_AXE)["violations"]
        if not alike:
            page.evaluate(REMEMBER)
        yield scheme, alike, found


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
