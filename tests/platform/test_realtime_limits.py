"""Time and room are bounded. The times are shortened here, nothing else."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from flask import Flask
from websocket import WebSocketBadStatusException, WebSocketTimeoutException

from app.config import Settings
from tests.platform.realtime_server import LiveServer, Page, Reader, live_server, open_page
from tests.support import eventually


@pytest.fixture(scope="module")
def hasty(whole_app: Flask, settings: Settings) -> Iterator[LiveServer]:
    roomy = settings.model_copy(update={"max_sockets": 5})
    times = {"hello_within": 0.3, "ping_every": 1.0, "idle_after": 2.0, "headers_within": 0.5}
    with live_server(roomy, **times) as server:
        yield server


@pytest.fixture(autouse=True)
def close_pages(hasty: LiveServer) -> Iterator[None]:
    yield
    hasty.close_pages()


def test_who_says_nothing_is_closed(hasty: LiveServer) -> None:
    assert Page(hasty).closed() == 4401


def test_who_answers_pings_stays(hasty: LiveServer) -> None:
    page = open_page(hasty, Reader.new())
    with pytest.raises(WebSocketTimeoutException):
        page.told(within=4.0)
    assert hasty.metric("fanlight_sockets") == 1


def test_who_answers_no_ping_is_closed(hasty: LiveServer) -> None:
    page = open_page(hasty, Reader.new())
    eventually(lambda: hasty.metric("fanlight_sockets") == 0)
    assert page.closed() == 4440


def test_a_full_house_says_so_and_has_room_again(hasty: LiveServer) -> None:
    pages = [open_page(hasty, Reader.new()) for _ in range(5)]
    with pytest.raises(WebSocketBadStatusException) as refused:
        Page(hasty)
    assert refused.value.status_code == 503
    assert (refused.value.resp_headers or {})["retry-after"] == "2"
    pages[0].socket.close()
    eventually(lambda: open_page(hasty, Reader.new()))


def test_half_a_request_is_not_waited_for(hasty: LiveServer) -> None:
    with ExitStack() as opened:
        for half in (b"", b"GET /ws", b"GET /ws HTTP/1.1\r\nHost: x\r\n"):
            raw = opened.enter_context(socket.create_connection(("127.0.0.1", hasty.port), timeout=5))
            raw.sendall(half)
            while raw.recv(4_096):
                pass


def test_beyond_all_room_it_hangs_up_and_lives(hasty: LiveServer) -> None:
    with ExitStack() as opened:
        for _ in range(300):
            opened.enter_context(socket.create_connection(("127.0.0.1", hasty.port), timeout=5))
    eventually(lambda: hasty.fetch("/healthz"))
    open_page(hasty, Reader.new())
