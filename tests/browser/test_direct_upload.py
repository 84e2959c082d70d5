"""A browser sends a long file to an object store by itself; or by way of us, where it is not let in."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.config import Settings
from app.platform.storage_s3 import PART
from tests.browser.site import LiveSite, running_site
from tests.browser.tabs import Profiles, Tabs, sign_in
from tests.doubles.s3 import Store, s3_server
from tests.factories.creators import a_creator
from tests.factories.media import picture_bytes
from tests.support import free_port

SENT_MS = 20_000


@dataclass(frozen=True)
class Place:
    site: LiveSite
    store: Store


@pytest.fixture(scope="module")
def place(whole_app: Flask, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with s3_server() as store:
        chosen: dict[str, Any] = {name.lower(): value for name, value in store.settings.items()}
        chosen |= {"port": free_port(), "ws_port": free_port(), "web_processes": 1}
        with running_site(settings.model_copy(update=chosen), tmp_path_factory.mktemp("s3site")) as site:
            yield Place(site, store)


@pytest.fixture
def library(app: Flask, profiles: Profiles, place: Place) -> Iterator[Page]:
    tabs = Tabs(profiles, place.site.url)
    tab = tabs.open()
    sign_in(tab, app, a_creator(app))
    tab.goto("/dashboard/media")
    yield tab
    faults = tabs.faults
    tabs.throw_away()
    assert not faults, "\n".join(faults)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "long.jpg"
    path.write_bytes(picture_bytes() + os.urandom(2 * PART))
    return path


def bodies(store: Store) -> int:
    return sum(len(part.body) for upload in store.uploads.values() for part in upload.parts.values())


def test_parts_go_straight_to_the_store(library: Page, place: Place, film: Path) -> None:
    ours: list[str] = []
    library.on("request", lambda asked: ours.append(asked.method) if "/uploads" in asked.url else None)
    library.set_input_files("#uploader-file", film)
    expect(library.locator("[data-state=received]")).to_have_count(1, timeout=SENT_MS)
    assert bodies(place.store) == film.stat().st_size
    assert "PATCH" not in ours


def test_where_the_store_lets_no_page_in_they_come_by_way_of_us(
    library: Page, place: Place, film: Path
) -> None:
    place.store.uploads.clear()
    library.route(f"{place.store.address}/**", lambda asked: asked.abort())
    library.set_input_files("#uploader-file", film)
    expect(library.locator("[data-state=received]")).to_have_count(1, timeout=SENT_MS)
    assert place.store.uploads or place.store.objects
