"""What accounts do by the clock and in the background."""

import logging
import tempfile
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import IO
from uuid import UUID

from app.accounts import archive
from app.accounts.models import Challenge, DataExport, EmailLink, KnownDevice, Session, User
from app.accounts.operations import deletion, exports, handles, verification
from app.accounts.queries_data import never_confirmed, people_due
from app.extensions import db
from app.kit import clock
from app.platform import audit, cleanup, personal_data, schedule, work
from app.platform.settings import settings
from app.platform.storage import storage
from app.platform.transaction import transaction
from app.platform.work import Payload

log = logging.getLogger(__name__)

STRANGERS_KNOWN, STRANGERS_AT_ONCE = timedelta(days=90), 2_000


def export_failed(payload: Payload) -> None:
    exports.give_up(UUID(payload["export_id"]))


@work.handler("accounts.export", max_attempts=5, transactional=False, on_failure=export_failed)
def export(payload: Payload) -> None:
    """Into a file without a name first, so that a worker that dies leaves nothing behind."""
    export_id = UUID(payload["export_id"])
    with tempfile.TemporaryFile() as file:
        storage_key = _fill(file, export_id)
        if storage_key is None:
            return
        file.seek(0)
        size = storage().put(storage_key, file, "application/zip")
    with work.recording():
        wanted = exports.finish(export_id, size)
    if not wanted:
        storage().delete(storage_key)


@work.handler("accounts.delete_file", transactional=False)
def delete_file(payload: Payload) -> None:
    storage().delete(payload["storage_key"])


def register_cleanup() -> None:
    cleanup.keep(Challenge.expires_at, days=1)
    cleanup.keep(EmailLink.expires_at, days=30)
    cleanup.keep(Session.expires_at, days=30)
    cleanup.keep(Session.ended_at, days=30)
    cleanup.keep(KnownDevice.seen_at, days=400)


@schedule.every(60, "accounts.erase_due")
def erase_due() -> None:
    _one_by_one(people_due(), deletion.erase)


@schedule.every(60, "accounts.forget_farewells")
def forget_farewells() -> None:
    with transaction():
        deletion.forget_farewells()


@schedule.every(3600, "accounts.tidy")
def tidy() -> None:
    with transaction():
        exports.expire()
        handles.release_due()
    _one_by_one(never_confirmed(joined_before=clock.now() - verification.WAITS), deletion.let_go)


@schedule.every(3600, "accounts.forget_strangers")
def forget_strangers() -> None:
    """Attackers come again for weeks; after three months nobody looks for them by their address."""
    with transaction():
        found = audit.forget_strangers(clock.now() - STRANGERS_KNOWN, at_most=STRANGERS_AT_ONCE)
    if found == STRANGERS_AT_ONCE:
        # There may be more, and other jobs have their turn before.
        with transaction():
            schedule.hurry("accounts.forget_strangers")


def _one_by_one(people: Iterable[UUID], erase: Callable[[UUID], object]) -> None:
    for user_id in people:
        try:
            with transaction():
                erase(user_id)
        except Exception:
            # One person's trouble must not keep the others.
            log.exception("deletion failed", extra={"user_id": str(user_id)})


def _fill(file: IO[bytes], export_id: UUID) -> str | None:
    """One transaction, so that the long reading may come in portions. Nothing when nobody waits any more."""
    with transaction():
        waiting = db.session.get(DataExport, export_id)
        if waiting is None or waiting.state != "waiting":
            return None
        user = db.session.get_one(User, waiting.user_id)
        archive.write(
            file, personal_data.held_tables(), user.id, site=settings().site_name, handle=user.handle
        )
        return waiting.storage_key
