"""What a page weighs for a visitor who comes for the first time, as Chromium counts it."""

from collections import Counter
from collections.abc import Mapping

from playwright.sync_api import Request, sync_playwright

KINDS = {"document": "HTML", "script": "JS", "stylesheet": "CSS", "font": "fonts"}
HEAD = "| page | requests | of them elsewhere | HTML | JS | CSS | fonts |\n|---|---|---|---|---|---|---|"


def weights(pages: Mapping[str, str]) -> list[str]:
    """A row for each page, in KB as they came. What lies elsewhere counts where it could be reached."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch()
        rows = []
        for name, address in pages.items():
            page = browser.new_page(ignore_https_errors=True)
            asked: list[Request] = []
            page.on("request", asked.append)
            page.goto(address, wait_until="networkidle")
            rows.append(_row(name, address, [one for one in asked if not one.url.startswith("data:")]))
            page.close()
        browser.close()
    return [HEAD, *rows]


def _row(name: str, address: str, asked: list[Request]) -> str:
    origin = "/".join(address.split("/")[:3])
    elsewhere = sum(not one.url.startswith(origin) for one in asked)
    weight: Counter[str] = Counter()
    for one in asked:
        if one.resource_type in KINDS and one.response():
            weight[one.resource_type] += one.sizes()["responseBodySize"]
    cells = [f"{weight[kind] / 1024:.1f}" for kind in KINDS]
    return f"| {' | '.join([name, str(len(asked)), str(elsewhere), *cells])} |"
