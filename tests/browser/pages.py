"""What is true of every page, in every shape."""

import os

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Layout goes by width, colour by theme: two shapes show both. ALL_SHAPES=1 walks in the other two as well.
SHAPES = [(1280, "light"), (390, "dark")]
if os.environ.get("ALL_SHAPES"):
    SHAPES += [(1280, "dark"), (390, "light")]


def fits(tab: Page) -> None:
    tab.wait_for_load_state()
    wider = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{tab.url} scrolls sideways by {wider} px"


def fits_and_is_accessible(tab: Page) -> None:
    fits(tab)
    found = Axe().run(tab, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()
