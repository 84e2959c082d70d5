"""A browser sends a long file to an object store by itself; or by way of us, where it is not let in."""

import os
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.platform.storage_s3 import PART
from tests.browser.tabs import OpenTab, hurry, sign_in
from tests.doubles.s3 import Store
from tests.factories.creators import a_creator
from tests.factories.media import picture_bytes

SENT_MS = 20_000
# Of static/js/upload.js.
BETWEEN_TRIES_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000]


@pytest.fixture
def library(app: Flask, open_other: OpenTab) -> Page:
    tab = open_other()
    sign_in(tab, app, a_creator(app))
    tab.goto("/dashboard/media")
    return tab


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "long.jpg"
    path.write_bytes(picture_bytes() + os.urandom(2 * PART))
    return path


def bodies(store: Store) -> int:
    return sum(len(part.body) for upload in store.uploads.values() for part in upload.parts.values())


def test_parts_go_straight_to_the_store(library: Page, store: Store, film: Path) -> None:
    ours: list[str] = []
    library.on("request", lambda asked: ours.append(asked.method) if "/uploads" in asked.url else None)
    library.set_input_files("#uploader-file", film)
    expect(library.locator("[data-state=received]")).to_have_count(1, timeout=SENT_MS)
    assert bodies(store) == film.stat().st_size
    assert "PATCH" not in ours


@pytest.mark.fault_long
def test_where_the_store_lets_no_page_in_they_come_by_way_of_us(
    library: Page, store: Store, film: Path
) -> None:
    store.uploads.clear()
    hurry(library, *BETWEEN_TRIES_MS)
    library.reload()
    library.route(f"{store.address}/**", lambda asked: asked.abort())
    library.set_input_files("#uploader-file", film)
    expect(library.locator("[data-state=received]")).to_have_count(1, timeout=SENT_MS)
    assert store.uploads or store.objects
