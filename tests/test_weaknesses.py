"""What is published of the libraries is found, and held against the times that we promise."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from workers.weaknesses import DAYS, Library, inventory, main

SCRIPTS = {one for one in inventory() if one.ecosystem == "npm"}
WAITRESS = next(one for one in inventory() if one.name == "waitress")


class Advisories:
    """Somebody who speaks OSV's protocol, and gives one record a page."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.asked_about: set[Library] = set()
        advisories = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer({"results": [advisories.page(query) for query in asked["queries"]]})

            def do_GET(self) -> None:
                name = self.path.removeprefix("/v1/vulns/")
                self._answer(next(one for one in advisories.records if one["id"] == name))

            def _answer(self, content: object) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(content).encode())

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing to say."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def page(self, query: dict[str, Any]) -> dict[str, Any]:
        library = Library(query["package"]["ecosystem"], query["package"]["name"], query["version"])
        self.asked_about.add(library)
        of_it = [one for one in self.records if one["affected"][0]["package"] == query["package"]]
        at = int(query.get("page_token", 0))
        more = {"next_page_token": str(at + 1)} if at + 1 < len(of_it) else {}
        found = [{"id": one["id"], "modified": one["modified"]} for one in of_it[at : at + 1]]
        return ({"vulns": found} if found else {}) | more

    def publish(self, name: str, *, of: Library = WAITRESS, days_ago: float = 0, **more: Any) -> None:
        at = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()
        package = {"ecosystem": of.ecosystem, "name": of.name}
        commits = {"type": "GIT", "events": [{"introduced": "0"}, {"fixed": "4f6789b035"}]}
        versions = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}
        affected = [{"package": package, "ranges": [commits, versions]}]
        self.records.append({"id": name, "published": at, "modified": at, "affected": affected} | more)


@pytest.fixture
def advisories() -> Iterator[Advisories]:
    there = Advisories()
    thread = threading.Thread(target=there.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield there
    there.server.shutdown()
    there.server.server_close()
    thread.join()


def rated(word: str) -> dict[str, Any]:
    return {"database_specific": {"severity": word}}


def ask(advisories: Advisories, **more: Any) -> int:
    return main(["--source", advisories.address], **more)


def test_all_that_is_pinned_is_asked_about(
    advisories: Advisories, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(advisories) == 0
    assert advisories.asked_about == set(inventory())
    assert {one.name for one in advisories.asked_about} >= {"flask", "blinker", "pytest", "htmx.org"}
    assert "0 published weaknesses, 0 overdue" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["CRITICAL", "HIGH", "MODERATE", "LOW"])
def test_what_is_overdue_fails(advisories: Advisories, capsys: pytest.CaptureFixture[str], word: str) -> None:
    promised = DAYS[word.lower()]
    advisories.publish("GHSA-in-time", days_ago=promised - 0.5, **rated(word))
    assert ask(advisories) == 0
    assert "due by" in capsys.readouterr().out
    advisories.publish("GHSA-too-late", days_ago=promised + 0.5, **rated(word))
    assert ask(advisories) == 1
    said = capsys.readouterr().out
    assert f"waitress {WAITRESS.version}: GHSA-too-late: {word.lower()}" in said
    assert "fixed in 99.1, OVERDUE" in said
    assert "2 published weaknesses, 1 overdue" in said


def test_one_weakness_of_two_publishers_counts_once_by_the_worse_and_the_earlier(
    advisories: Advisories, capsys: pytest.CaptureFixture[str]
) -> None:
    advisories.publish("PYSEC-1", days_ago=5, aliases=["CVE-1"])
    advisories.publish("GHSA-1", days_ago=1, aliases=["CVE-1"], **rated("CRITICAL"))
    assert ask(advisories) == 1
    said = capsys.readouterr().out
    assert "CVE-1, GHSA-1, PYSEC-1: critical" in said
    assert "1 published weaknesses, 1 overdue" in said


def test_what_was_withdrawn_or_is_no_concern_fails_nothing(
    advisories: Advisories, capsys: pytest.CaptureFixture[str]
) -> None:
    advisories.publish("GHSA-gone", days_ago=100, withdrawn="2026-01-01T00:00:00Z")
    advisories.publish("GHSA-far", days_ago=100, of=next(iter(SCRIPTS)))
    assert ask(advisories, no_concern={"GHSA-far": "only what we do not call"}) == 0
    said = capsys.readouterr().out
    assert "GHSA-gone" not in said
    assert "but no concern here: only what we do not call" in said


def test_what_nobody_rated_yet_is_not_left_for_later(advisories: Advisories) -> None:
    advisories.publish("PYSEC-2", days_ago=DAYS["unrated"] + 0.5)
    assert ask(advisories) == 1


def test_no_answer_is_not_taken_for_a_good_one(
    advisories: Advisories, capsys: pytest.CaptureFixture[str]
) -> None:
    advisories.records = [{"id": "broken", "affected": [{"package": {"ecosystem": "PyPI", "name": "flask"}}]}]
    assert ask(advisories) == 2
    assert "gave no answer that can be read" in capsys.readouterr().err
