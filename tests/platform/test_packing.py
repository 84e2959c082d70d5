"""Text is sent packed to browsers that take it so, and says the same."""

import gzip
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.factories.people import a_person, signed_in

PACKED = {"Accept-Encoding": "gzip, deflate, br"}
STATIC = ("/static/css/app.css", "/static/js/ui.js", "/static/icons.svg", "/static/site.webmanifest")


def fetched(app: Flask, path: str, **headers: str) -> TestResponse:
    return app.test_client().get(path, headers=headers)


@pytest.mark.parametrize("path", ["/", "/login", "/creators", *STATIC[:3]])
def test_a_page_is_the_same_packed_and_open(app: Flask, path: str) -> None:
    wide, packed = fetched(app, path), fetched(app, path, **PACKED)
    assert "Content-Encoding" not in wide.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(wide.data) / 2
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    for answer in (wide, packed):
        assert "Accept-Encoding" in ", ".join(answer.headers.getlist("Vary"))
    opened = gzip.decompress(packed.data).decode()
    assert (opened.count("<"), opened.count("\n")) == (wide.text.count("<"), wide.text.count("\n"))


@pytest.mark.parametrize("path", STATIC)
def test_a_static_file_is_packed_byte_for_byte(app: Flask, path: str) -> None:
    packed = fetched(app, path, **PACKED).data
    plain = Path(path[1:]).read_bytes()
    assert plain in (packed, gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else b"")


@pytest.mark.parametrize("taken", ["", "br", "gzip;q=0", "identity"])
def test_who_does_not_take_it_packed_gets_it_open(app: Flask, taken: str) -> None:
    for path in ("/", "/static/css/app.css"):
        assert "Content-Encoding" not in fetched(app, path, **{"Accept-Encoding": taken}).headers


@pytest.mark.parametrize(
    "path", ["/static/fonts/instrument-sans-5.3.0.woff2", "/static/img/favicon-32.png", "/healthz"]
)
def test_what_gains_nothing_is_left_alone(app: Flask, path: str) -> None:
    assert "Content-Encoding" not in fetched(app, path, **PACKED).headers


def test_a_packed_file_that_has_not_changed_is_not_sent_again(app: Flask) -> None:
    first = fetched(app, "/static/css/app.css", **PACKED)
    again = fetched(app, "/static/css/app.css", **PACKED, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "Accept-Encoding" in again.headers["Vary"]


def test_a_part_of_a_file_is_a_part_of_the_open_one(app: Flask) -> None:
    part = fetched(app, "/static/css/app.css", **PACKED, Range="bytes=0-9")
    assert (part.status_code, part.data) == (206, Path("static/css/app.css").read_bytes()[:10])


def test_a_head_tells_the_length_of_what_a_get_would_bring(app: Flask) -> None:
    client = app.test_client()
    head, got = (ask("/static/js/ui.js", headers=PACKED) for ask in (client.head, client.get))
    assert head.headers["Content-Length"] == got.headers["Content-Length"]
    assert head.data == b""


def test_the_length_of_a_page_does_not_tell_what_is_in_it(app: Flask) -> None:
    """Words of others stand beside secrets of the reader: what they share must not show."""
    reader = signed_in(app, a_person(app)).http
    lengths = {len(reader.get("/settings/profile", headers=PACKED).data) for _ in range(12)}
    assert max(lengths) - min(lengths) > 10
