"""What a socket accepts, what it refuses, and how it says so."""

import socket
import urllib.error
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from websocket import ABNF, WebSocketBadStatusException

from app.config import Settings
from app.kit import clock
from app.platform import realtime
from tests.platform.realtime_server import LiveServer, Page, Reader, live_server, open_page
from tests.support import eventually


@pytest.fixture(scope="module")
def live(whole_app: Flask, settings: Settings) -> Iterator[LiveServer]:
    # Long enough for a slow page of these tests to read why it was closed.
    with live_server(settings, close_within=10.0) as server:
        yield server


@pytest.fixture
def reader() -> Reader:
    return Reader.new()


@pytest.fixture(autouse=True)
def close_pages(live: LiveServer) -> Iterator[None]:
    yield
    live.close_pages()


def test_a_ticket_opens_a_socket(live: LiveServer, reader: Reader) -> None:
    page = Page(live).hello(reader.ticket(live.settings.secret_key))
    assert page.told() == {"type": "ready", "topics": []}


@pytest.mark.parametrize(
    "first",
    [
        {"type": "hello", "ticket": "forged"},
        {"type": "hello", "ticket": 7},
        {"type": "hello"},
        {"type": "subscribe", "ticket": "x"},
        [],
        "not json",
        "\ud800",
        "[" * 16_000,
        {"type": "hello", "ticket": "x" * 10_000},
    ],
)
def test_what_is_no_hello_is_closed(live: LiveServer, first: object) -> None:
    page = Page(live)
    page.say(first if first != "\ud800" else '"\\ud800"')
    assert page.closed() == 4401


def test_a_ticket_of_another_key_is_refused(live: LiveServer, reader: Reader) -> None:
    assert Page(live).hello(reader.ticket("another-secret-key-0123456789-abcdef")).closed() == 4401


def test_a_ticket_is_good_for_a_minute(live: LiveServer, reader: Reader) -> None:
    with clock.using(clock.FixedClock(clock.now() - timedelta(seconds=61))):
        old = reader.ticket(live.settings.secret_key)
    assert Page(live).hello(old).closed() == 4401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example:3000"])
def test_a_foreign_page_gets_no_socket(live: LiveServer, origin: str) -> None:
    with pytest.raises(WebSocketBadStatusException) as refused:
        Page(live, origin=origin)
    assert refused.value.status_code == 403


def test_the_numeric_address_of_the_demo_is_no_foreign_page(live: LiveServer, reader: Reader) -> None:
    page = Page(live, origin=f"http://127.0.0.1:{live.settings.port}")
    assert page.hello(reader.ticket(live.settings.secret_key)).told()["type"] == "ready"


def test_what_is_no_handshake_gets_a_clear_answer(live: LiveServer) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        live.fetch("/ws")
    assert refused.value.code in {400, 403}
    head = f"GET /ws HTTP/1.1\r\nHost: x\r\nOrigin: {live.settings.base_url}\r\n"
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n"
    assert _answer(live, head + upgrade).startswith("HTTP/1.1 400 ")


def test_garbage_is_answered_and_does_no_harm(live: LiveServer, reader: Reader) -> None:
    assert " 400 " in _answer(live, "\x00\xff garbage\r\n\r\n")
    open_page(live, reader)


def test_a_message_that_is_too_big_closes_the_socket(live: LiveServer, reader: Reader) -> None:
    page = open_page(live, reader)
    page.say("x" * 300_000)
    assert page.closed() == 1009


def test_a_message_in_many_small_parts_is_not_bigger(live: LiveServer, reader: Reader) -> None:
    page = open_page(live, reader)
    page.socket.send_frame(ABNF.create_frame("x" * 9_000, ABNF.OPCODE_TEXT, fin=0))
    page.socket.send_frame(ABNF.create_frame("x" * 9_000, ABNF.OPCODE_CONT, fin=0))
    assert page.closed() == 1009


def test_a_flood_closes_the_socket(live: LiveServer, reader: Reader) -> None:
    page = open_page(live, reader)
    ticket = reader.ticket(live.settings.secret_key)
    for _ in range(21):
        page.say({"type": "subscribe", "ticket": ticket})
    assert page.closed() == 4429


def test_a_flood_of_pings_leaves_the_others_in_peace(live: LiveServer, reader: Reader) -> None:
    flooding, quiet = open_page(live, Reader.new()), open_page(live, reader)
    for _ in range(2_000):
        flooding.socket.ping()
    quiet.say({"type": "subscribe", "ticket": reader.ticket(live.settings.secret_key)})
    assert quiet.told(within=2.0)["type"] == "ready"


def test_an_unknown_message_closes_the_socket(live: LiveServer, reader: Reader) -> None:
    page = open_page(live, reader)
    page.say({"type": "dance"})
    assert page.closed() == 4400


def test_compression_is_not_taken_up(live: LiveServer) -> None:
    page = Page(live, header=["Sec-WebSocket-Extensions: permessage-deflate"])
    assert "sec-websocket-extensions" not in page.socket.headers


def test_a_page_hears_what_is_said_to_its_reader_and_nobody_else_does(
    context: Flask, live: LiveServer, reader: Reader
) -> None:
    page, other = open_page(live, reader), open_page(live, Reader.new())
    realtime.push_user(reader.user_id, "greeting", {"html": "<p>Hello</p>"})
    assert page.told() == {"type": "event", "event": "greeting", "payload": {"html": "<p>Hello</p>"}}
    realtime.push_user(Reader.new().user_id, "greeting")
    other.say({"type": "dance"})
    assert other.closed() == 4400


def test_a_topic_reaches_those_whose_ticket_names_it(context: Flask, live: LiveServer) -> None:
    reader = Reader.new()
    page = open_page(live, reader, "room:1")
    realtime.push_topic("room:1", "message", {"n": 1})
    assert page.told()["payload"] == {"n": 1}
    page.say({"type": "subscribe", "ticket": reader.ticket(live.settings.secret_key, "room:2")})
    assert page.told() == {"type": "ready", "topics": ["room:2"]}
    realtime.push_topic("room:1", "message", {"n": 2})
    realtime.push_topic("room:2", "message", {"n": 3})
    assert page.told()["payload"] == {"n": 3}


def test_a_ticket_of_another_session_does_not_change_the_topics(live: LiveServer, reader: Reader) -> None:
    page = open_page(live, reader)
    page.say({"type": "subscribe", "ticket": Reader.new().ticket(live.settings.secret_key, "room:1")})
    assert page.closed() == 4401


def test_a_slow_reader_gets_a_large_message_whole(context: Flask, live: LiveServer, reader: Reader) -> None:
    page = open_page(live, reader)
    text = "".join(f"{number:07d}" for number in range(150_000))
    before = live.metric('fanlight_socket_messages_total{direction="out"}')
    realtime.push_user(reader.user_id, "long", {"text": text})
    realtime.push_user(reader.user_id, "short")
    eventually(lambda: live.metric('fanlight_socket_messages_total{direction="out"}') >= before + 2)
    assert page.told()["payload"]["text"] == text
    assert page.told()["event"] == "short"


def test_a_reader_who_cannot_keep_up_is_let_go(context: Flask, live: LiveServer, reader: Reader) -> None:
    page, other = open_page(live, reader), open_page(live, reader)
    for _ in range(40):
        realtime.push_user(reader.user_id, "much", {"text": "x" * 100_000})
        assert other.told()["event"] == "much"
    assert page.closed() == 4408


def test_one_person_has_so_many_pages_and_no_more(live: LiveServer, reader: Reader) -> None:
    pages = [open_page(live, reader) for _ in range(40)]
    assert Page(live).hello(reader.ticket(live.settings.secret_key)).closed() == 4430
    assert len(pages) == 40


def test_a_page_that_leaves_is_forgotten(live: LiveServer) -> None:
    page = open_page(live, Reader.new())
    assert live.metric("fanlight_sockets") == 1
    page.socket.close()
    eventually(lambda: live.metric("fanlight_sockets") == 0)


def _answer(live: LiveServer, request: str) -> str:
    with socket.create_connection(("127.0.0.1", live.port), timeout=5) as raw:
        raw.sendall(request.encode("latin-1"))
        return raw.recv(4_096).decode("latin-1")


@pytest.mark.parametrize("last_words", [b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"\r\n\r\n", b""])
def test_nothing_follows_the_closing_of_a_socket(live: LiveServer, last_words: bytes) -> None:
    page = Page(live)
    page.say("no hello")
    assert page.closed() == 4401
    raw = page.socket.sock
    assert raw is not None
    raw.sendall(last_words)
    raw.shutdown(socket.SHUT_WR)
    assert _rest(raw) == b""


def _rest(raw: socket.socket) -> bytes:
    said = b""
    while part := raw.recv(4_096):
        said += part
    return said


def test_plain_answers_carry_the_safety_headers(live: LiveServer) -> None:
    answer = _answer(live, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").lower()
    for name in ("content-security-policy: default-src 'none'", "x-content-type-options: nosniff"):
        assert f"\r\n{name}" in answer
