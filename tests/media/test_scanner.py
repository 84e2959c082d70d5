"""Every upload goes by the virus scanner first. Who cannot ask it waits, and says so."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from app.extensions import db
from app.kit import clock
from app.media import jobs
from app.media.errors import TROUBLES
from app.platform import work
from app.platform.models import WorkItem
from app.platform.storage import storage
from app.platform.transaction import transaction
from tests.doubles import clamd
from tests.factories.media import picture_bytes
from tests.media import real_clamd
from tests.media.conftest import Desk, set_up_with

Away = Callable[[], AbstractContextManager[str]]


@pytest.fixture(params=["double", "real"])
def scanner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "double":
        with clamd.listening() as address:
            yield address
    elif real_clamd.CLAMD is None:
        pytest.skip("no clamd on this machine")
    else:
        with real_clamd.running(tmp_path) as address:
            yield address


def try_again_later(desk: Desk) -> None:
    """All that waits for its time is due, and done."""
    with desk.app.app_context():
        with transaction():
            db.session.execute(update(WorkItem).values(due_at=clock.now() - timedelta(seconds=1)))
        work.drain(["media"])


def test_a_file_with_a_virus_is_refused_and_what_is_harmless_is_not(desk: Desk, scanner: str) -> None:
    with set_up_with(desk.app, clamd_address=scanner):
        harmless = desk.made(picture_bytes(40, 30))
        infected = desk.made(picture_bytes(40, 30) + clamd.EICAR)
    assert (harmless.state, infected.state, infected.trouble) == ("ready", "failed", "virus")
    assert TROUBLES["virus"] in desk.page.get("/dashboard/media").text
    with desk.app.app_context():
        assert list(storage().list(f"media/{infected.id}/")) == []


@pytest.mark.parametrize(
    "away",
    [
        pytest.param(lambda: nullcontext("127.0.0.1:9"), id="nobody there"),
        pytest.param(clamd.mute, id="hangs up"),
        pytest.param(lambda: clamd.listening(most=10), id="takes no more"),
    ],
)
def test_while_the_scanner_is_away_a_file_is_held_and_goes_on_later(desk: Desk, away: Away) -> None:
    with away() as address, set_up_with(desk.app, clamd_address=address):
        media = desk.made(picture_bytes())
        for _ in range(jobs.ATTEMPTS):
            try_again_later(desk)
    held = desk.media(media.id)
    assert (held.state, held.trouble) == ("processing", "scanner_away")
    assert TROUBLES["scanner_away"] in desk.page.get("/dashboard/media").text

    with clamd.listening() as address, set_up_with(desk.app, clamd_address=address), desk.app.app_context():
        jobs.go_on()
        work.drain(["media"])
    assert (desk.media(media.id).state, desk.media(media.id).trouble) == ("ready", None)
    assert TROUBLES["scanner_away"] not in desk.page.get("/dashboard/media").text


def test_without_a_scanner_nothing_waits_for_one(desk: Desk) -> None:
    assert desk.made(picture_bytes() + clamd.EICAR).state == "ready"
