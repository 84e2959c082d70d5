"""What a page weighs for a visitor who comes for the first time, as Chromium counts it."""

from collections import Counter
from collections.abc import Mapping

from playwright.sync_api import Browser, Request, sync_playwright

from tests.browser.tabs import chromium

KINDS = {"document": "HTML", "script": "JS", "stylesheet": "CSS", "font": "fonts"}
HEAD = f"| page, KB as they come | requests | elsewhere | {' | '.join(KINDS.values())} |"


def weights(pages: Mapping[str, str]) -> list[str]:
    """A row for each. What a page asks of other hosts is counted, not fetched."""
    with sync_playwright() as playwright, chromium(playwright) as browser:
        return [HEAD, "|---" * 7 + "|", *(_row(browser, name, address) for name, address in pages.items())]


def _row(browser: Browser, name: str, address: str) -> str:
    origin, asked = "/".join(address.split("/")[:3]), list[Request]()

    def remember(one: Request) -> None:
        asked.append(one)

    page = browser.new_page(ignore_https_errors=True)
    page.route(lambda url: not url.startswith((origin, "data:")), lambda route: route.abort())
    page.on("request", remember)
    page.goto(address, wait_until="networkidle")
    own = [one for one in asked if one.url.startswith(origin)]
    elsewhere = sum(not one.url.startswith((origin, "data:")) for one in asked)
    weight: Counter[str] = Counter()
    for one in own:
        weight[one.resource_type] += one.sizes()["responseBodySize"]
    page.context.close()
    cells = [f"{weight[kind] / 1024:.1f}" for kind in KINDS]
    return f"| {' | '.join([name, str(len(own)), str(elsewhere), *cells])} |"
