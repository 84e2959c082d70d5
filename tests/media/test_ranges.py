"""Ranges that no browser asks for."""

import pytest
from flask import Flask

from tests.factories.creators import a_creator
from tests.factories.media import a_picture
from tests.page_client import PageClient

MANY = "9" * 5_000


@pytest.mark.parametrize("asked", [f"bytes={MANY}-", f"bytes=-{MANY}", f"bytes=1-{MANY}", "bytes=٣-"])
def test_a_range_of_thousands_of_digits_is_no_range(app: Flask, page: PageClient, asked: str) -> None:
    picture = a_picture(app, a_creator(app), public=True)
    address = f"/media/p/{picture['id']}/{picture['secret']}/w320.webp"
    answer = page.http.get(address, headers={"Range": asked})
    assert (answer.status_code, answer.content_length) == (200, picture["names"]["w320"]["bytes"])
