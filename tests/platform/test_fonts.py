"""Fonts load once: a page asks for them ahead at the address that the styles name."""

import re
from pathlib import Path

from app.platform.assets import version
from tests.page_client import PageClient

STATIC = Path("static")
NAMED = re.compile(r"url\(\.\./(fonts/[^?)]+)\?v=(\w+)\)")
PRELOADED = re.compile(r'<link rel="preload" href="/static/(fonts/[^?"]+)\?v=(\w+)"')


def named() -> dict[str, str]:
    sheets = (STATIC / "css" / name for name in ("app.css", "more.css"))
    return {name: number for sheet in sheets for name, number in NAMED.findall(sheet.read_text())}


def test_the_styles_name_fonts_by_the_version_that_lies_there() -> None:
    assert len(named()) == 4
    assert named() == {name: version(STATIC / name) for name in named()}


def test_a_page_asks_ahead_for_the_letters_that_it_shows_first_and_for_no_others(page: PageClient) -> None:
    asked = dict(PRELOADED.findall(page.get("/").html))
    assert asked.items() <= named().items()
    assert {name.split(".")[-2] for name in asked} == {"core"}
    assert len(asked) == 2
