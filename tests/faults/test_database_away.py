"""F7: PostgreSQL goes and comes back while people read and write. They are told to wait; nothing is lost."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from app.config import Settings
from app.extensions import db
from tests.chat.talking import all_said, begin
from tests.factories.creators import a_creator
from tests.factories.people import Person, a_person, a_session, signed_in
from tests.faults import processes
from tests.faults.threads import meanwhile
from tests.support import eventually, free_port
from workers.stack.embedded import EmbeddedServers

FIRST_SUCCESS_WITHIN = 5.0
# Long enough to be noticed by everybody, and for many to be told.
AWAY = 2.0
PACE = 0.02
START_SECONDS = 60
HIDDEN = re.compile(r'name="(csrf_token|idempotency_key)"[^>]*value="([^"]*)"')
COOKIE = re.compile(r"[^=;, ]+=[^;]+")


@dataclass
class Visitor:
    """Somebody's browser: what it was answered, and what was wrong with it."""

    port: int
    cookie: str
    wrong: list[str] = field(default_factory=list)
    told_to_wait: int = 0
    # When it was served what it asked for.
    served: list[float] = field(default_factory=list)

    def ask(self, path: str, body: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, text, and a cookie that came with it."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        home = f"http://127.0.0.1:{self.port}"
        headers = {"Cookie": self.cookie, "Origin": home, "Referer": home + path}
        try:
            if body is None:
                connection.request("GET", path, headers=headers)
            else:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                connection.request("POST", path, urlencode(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, HTTPException) as error:
            self.wrong.append(f"{path}: {type(error).__name__} {error}")
            return 0, "", ""
        finally:
            connection.close()
        if answer.status in {200, 303}:
            self.served.append(time.monotonic())
        elif answer.status == 503 and answer.headers["Retry-After"]:
            self.told_to_wait += 1
        else:
            self.wrong.append(f"{path}: {answer.status}")
        given = COOKIE.match(answer.headers["Set-Cookie"] or "")
        return answer.status, text, given[0] if given else ""

    def first_served_after(self, moment: float) -> float:
        return next((at - moment for at in self.served if at > moment), float("inf"))


@dataclass
class Writer(Visitor):
    talk: str = ""
    acknowledged: list[str] = field(default_factory=list)
    _number: int = 0

    def write(self) -> None:
        """One more message. A form that said nothing of its fate is not sent again: who reads may see."""
        status, text, cookie = self.ask(self.talk)
        if status != 200:
            return
        tokens = dict(HIDDEN.findall(text.split(f'action="{self.talk}"', 1)[1].split("</form>")[0]))
        # What the token is compared with.
        self.cookie = cookie or self.cookie
        self._number += 1
        words = f"Number {self._number}"
        if self.ask(self.talk, tokens | {"body": words})[0] == 303:
            self.acknowledged.append(words)


def cookie_of(app: Flask, person: Person) -> str:
    signer: Any = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    signed = signer.dumps({"_user_id": a_session(app, person), "_fresh": True})
    return f"{app.config['SESSION_COOKIE_NAME']}={signed}"


@pytest.fixture(scope="module")
def port(settings: Settings, whole_app: Flask) -> Iterator[int]:
    chosen = free_port()
    env = processes.environment(settings) | {
        "PORT": str(chosen),
        "WEB_PROCESSES": "1",
        "LOG_LEVEL": "ERROR",
    }
    env |= {"LIMIT_READ": "100000", "LIMIT_WRITE": "100000", "PUBLIC_URL": f"http://127.0.0.1:{chosen}"}
    with processes.start_anew("wsgi", env):
        eventually(lambda: Visitor(chosen, "").ask("/healthz")[0] == 200, within=START_SECONDS)
        yield chosen


@contextmanager
def busy(*turns: Callable[[], object]) -> Iterator[None]:
    """Each again and again, on a thread of its own."""

    def again_and_again(turn: Callable[[], object], enough: threading.Event) -> None:
        while not enough.wait(PACE):
            turn()

    with meanwhile(*(partial(again_and_again, turn) for turn in turns)):
        yield


@pytest.mark.parametrize("how", ["killed", pytest.param("stopped", marks=pytest.mark.fault_long)])
def test_people_are_told_to_wait_and_nothing_is_lost(
    app: Flask, port: int, servers: EmbeddedServers, how: str
) -> None:
    mara, ben, cleo = a_creator(app), a_person(app), a_person(app)
    talk = begin(signed_in(app, ben), mara.handle)
    writer = Writer(port, cookie_of(app, ben), talk=talk)
    reader, stranger = Visitor(port, cookie_of(app, cleo)), Visitor(port, "")
    people = (writer, reader, stranger)
    turns = (writer.write, lambda: reader.ask("/settings/profile"), lambda: stranger.ask(f"/@{mara.handle}"))
    with busy(*turns):
        eventually(lambda: len(writer.acknowledged) > 5 and all(len(one.served) > 5 for one in people))
        (servers.postgres.kill if how == "killed" else servers.postgres.stop)()
        gone = time.monotonic()
        eventually(lambda: time.monotonic() > gone + AWAY and reader.told_to_wait and stranger.told_to_wait)
        servers.postgres.restart()
        back = time.monotonic()
        eventually(lambda: all(one.first_served_after(back) < 60 for one in people), within=30)
        before = len(writer.acknowledged)
        eventually(lambda: len(writer.acknowledged) > before)
    assert [one.wrong for one in people] == [[], [], []]
    assert max(one.first_served_after(back) for one in people) < FIRST_SUCCESS_WITHIN
    with app.app_context():
        db.engine.dispose()  # this process's own connections, which nobody used meanwhile
    said = [words for _, _, words in all_said(app)]
    assert set(writer.acknowledged) <= set(said), "what was acknowledged is there"
    assert len(said) == len(set(said)), "and once"
