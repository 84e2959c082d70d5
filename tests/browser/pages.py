"""What is true of every page, in every shape."""

import json
import os
from typing import Any
from weakref import WeakSet
from zlib import crc32

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page, expect

from tests.browser.tabs import NARROW, Theme, take_shape

# Together they show both widths and both themes; ALL_SHAPES=1 looks at all four and asks axe in each. Else
# axe looks at the narrow one, whose page holds the same things; and where many pages are looked at it is the
# only one, since there is least room, in a theme that is another one for another test.
ALL = bool(os.environ.get("ALL_SHAPES"))
SHAPES: list[tuple[int, Theme]] = [(1280, "light"), (390, "dark")]
SHAPES += [(1280, "dark"), (390, "light")] if ALL else []
# Styles are not fetched once more: one rule wants that, about pages that turn only one way.
ASKED = {
    "preload": False,
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}
THEMES: tuple[Theme, Theme] = ("light", "dark")
_with_axe: WeakSet[Page] = WeakSet()


def fits(tab: Page) -> None:
    tab.wait_for_load_state()
    # What lies below the first view comes in piece by piece.
    expect(tab.locator("html.opening")).to_have_count(0)
    wider = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{tab.url} scrolls sideways by {wider} px"


def fits_and_is_accessible(tab: Page) -> None:
    fits(tab)
    size = tab.viewport_size
    if not ALL and size and size["width"] >= NARROW:
        return
    found = AxeResults(_ask_axe(tab))
    assert found.violations_count == 0, found.generate_report()


def _ask_axe(tab: Page) -> dict[str, Any]:
    """Pages that the tab opens from now on come with it: the browser has read it then, half a megabyte."""
    if tab not in _with_axe:
        _with_axe.add(tab)
        tab.add_init_script(AXE_SCRIPT)
        tab.evaluate(AXE_SCRIPT)
    found: dict[str, Any] = tab.evaluate(f"axe.run({json.dumps(ASKED)})")
    return found


def fits_in_every_shape(tab: Page) -> None:
    """And is accessible. The page is loaded once, and its window changed."""
    for width, theme in shapes_for(tab):
        take_shape(tab, width, theme)
        fits_and_is_accessible(tab)


def shapes_for(tab: Page) -> list[tuple[int, Theme]]:
    """All of them, first the width that it has: to lay out a page anew takes time."""
    if not ALL:
        return [(390, THEMES[crc32(os.environ["PYTEST_CURRENT_TEST"].encode()) % 2])]
    size = tab.viewport_size
    return sorted(SHAPES, key=lambda shape: bool(size and size["width"] != shape[0]))
