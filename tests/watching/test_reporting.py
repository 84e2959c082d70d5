"""Errors reach the tracker, and nothing of people does."""

import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest
import sentry_sdk
from flask import Flask

from app.config import ConfigError, Settings, load_settings
from app.platform import work
from app.platform.guards import Access
from app.platform.transaction import transaction
from app.platform.watching import reporting
from tests.faults.processes import environment
from tests.platform.houses import a_house, room
from tests.watching.tracker import Tracker, tracker

# All that nobody else is to read.
PRIVATE = (
    "mona@example.org",
    "Mona",
    "hunter2",
    "203.0.113.77",
    "a-cookie-of-hers",
    "4242424242424242",
    "s3cr3tt0k3n",
)


class Unlucky(Exception):
    pass


@work.handler("tests.unlucky", max_attempts=1)
def unlucky(payload: dict[str, Any]) -> None:
    password = "hunter2"
    raise Unlucky(f"could not write to mona@example.org ({password!r})")


def breaks() -> str:
    name, card = "Mona", "4242424242424242"
    raise Unlucky(f"no room for '{name}' <mona@example.org> with {card} at https://x.org/?t=s3cr3tt0k3n")


@pytest.fixture(scope="module")
def listening() -> Iterator[Tracker]:
    with tracker() as one:
        yield one


@pytest.fixture
def house(settings: Settings, app: Flask, listening: Tracker) -> Iterator[Flask]:
    chosen = {"sentry_dsn": listening.dsn, "release": "r-7", "environment": "tests"}
    house = a_house(settings, **chosen)
    room(house, "/breaks", breaks, Access.ANYONE, methods="GET POST", once=False)
    listening.raw.clear()
    reporting.start("web", settings.model_copy(update=chosen))
    yield house
    sentry_sdk.get_client().close(timeout=2)
    sentry_sdk.get_global_scope().set_client(None)


def test_an_error_of_a_request_is_told_with_its_reference_and_nothing_of_who_asked(
    house: Flask, listening: Tracker
) -> None:
    client = house.test_client()
    client.set_cookie("session", "a-cookie-of-hers")
    answer = client.get(
        "/breaks?name=Mona&token=s3cr3tt0k3n",
        headers={"X-Request-ID": "reference-of-hers", "Authorization": "Bearer s3cr3tt0k3n"},
        environ_overrides={"REMOTE_ADDR": "203.0.113.77"},
    )
    assert answer.status_code == 500
    event = listening.event("Unlucky")
    assert event["tags"] == {"correlation_id": "reference-of-hers", "process": "web"}
    assert (event["release"], event["environment"]) == ("r-7", "tests")
    frames = event["exception"]["values"][0]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "breaks"
    assert event["exception"]["values"][0]["value"].startswith("no room for")
    said = _without("".join(listening.raw), _source(event))
    assert [word for word in PRIVATE if word in said] == []


def test_work_that_is_given_up_is_told_with_its_kind(house: Flask, listening: Tracker) -> None:
    with house.app_context():
        with transaction():
            work.enqueue("tests.unlucky", {})
        work.drain()
    event = listening.event("Unlucky")
    assert event["tags"]["kind"] == "tests.unlucky"
    assert "mona" not in event["exception"]["values"][0]["value"]


def test_a_tracker_that_does_not_answer_holds_nobody_up(house: Flask, listening: Tracker) -> None:
    listening.answers.clear()
    began = monotonic()
    for _ in range(2 * reporting.MOST_A_MINUTE):
        logging.getLogger("tests").error("nothing works")
    assert monotonic() - began < 2
    listening.answers.set()
    sentry_sdk.flush(timeout=5)
    assert 0 < len(listening.events) <= reporting.MOST_A_MINUTE


def test_without_an_address_nothing_is_begun(settings: Settings) -> None:
    reporting.start("web", settings)
    assert not sentry_sdk.get_client().is_active()


def test_a_process_that_cannot_begin_says_so_before_it_ends(settings: Settings, listening: Tracker) -> None:
    """By its own entry point, on gevent: nobody logged what ended it."""
    listening.raw.clear()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        env = os.environ | environment(settings)
        env |= {"SENTRY_DSN": listening.dsn, "WS_PORT": str(taken.getsockname()[1])}
        done = subprocess.run(
            [sys.executable, "-m", "workers.realtime"], env=env, capture_output=True, check=False, timeout=60
        )
    assert done.returncode != 0
    event = listening.event("OSError")
    assert event["tags"]["process"] == "realtime"


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("twice\nDETAIL:  Key (email)=(mona@example.org) already exists.\n[SQL: insert]", "twice"),
        ("KeyError: 'Mona'", "KeyError: …"),
        ('no such file "/home/mona/pictures"', "no such file …"),
        ("(email)=(mona) is taken", "… is taken"),
        ("timed out after 30 s", "timed out after 30 s"),
        ("https://node.example/key-of-ours failed", "… failed"),
        ("whsec_abcdefghijklmnopqrstuvwxyz012345", "…"),
    ],
)  # fmt: skip
def test_words_of_errors_keep_what_is_ours(words: str, left: str) -> None:
    assert reporting.scrubbed(words).strip() == left


def test_an_address_that_cannot_be_one_is_refused_at_the_start(settings: Settings) -> None:
    needed = ("database_url", "redis_url", "secret_key", "encryption_keys")
    given = {name: getattr(settings, name) for name in needed}
    with pytest.raises(ConfigError, match="SENTRY_DSN"):
        load_settings(**given, sentry_dsn="https://example.org/1")


def _source(event: dict[str, Any]) -> list[str]:
    """Lines of our code that travel along: what stands there is no secret."""
    frames = [f for one in event["exception"]["values"] for f in one.get("stacktrace", {}).get("frames", [])]
    lines: list[str] = []
    for frame in frames:
        lines += [
            *frame.get("pre_context", []),
            frame.get("context_line", ""),
            *frame.get("post_context", []),
        ]
    return [line for line in lines if line]


def _without(said: str, code: list[str]) -> str:
    for line in code:
        said = said.replace(json.dumps(line)[1:-1], "")
    return said
