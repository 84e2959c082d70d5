"""The work of getting a notice to a device."""

import base64
import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from app.accounts.models import Session
from app.extensions import db
from app.kit import clock, crypto
from app.notifications import queries_push
from app.notifications.models_push import PushNotice, PushSubscription
from app.notifications.operations import pushing
from app.notifications.queries_push import OnItsWay
from app.platform import cleanup, schedule, work
from app.platform.transaction import transaction

log = logging.getLogger(__name__)

# As long as a push service keeps one.
OUT_OF_DATE_DAYS = 1
FIRST_REST, LONGEST_REST = 5.0, 3_600.0
# So often in a row nothing got there, with these rests about two days: nobody hears there any more.
FAILURES_MOST = 50
TOPIC_BYTES = 24


def register_cleanup() -> None:
    cleanup.keep(PushNotice.created_at, OUT_OF_DATE_DAYS)


@schedule.every(3_600, "notifications.forget_devices")
def forget_signed_out() -> None:
    """Nothing is sent to them from the moment they were signed out; here their addresses go too."""
    ended = select(Session.id).where(~queries_push.still_signed_in())
    with transaction():
        db.session.execute(
            delete(PushSubscription)
            .where(PushSubscription.session_id.in_(ended))
            .execution_options(synchronize_session=False)
        )


@work.handler(pushing.SEND, queue="notices", transactional=False)
def send(payload: dict[str, Any]) -> None:
    device_id, notice_id = UUID(payload["device_id"]), UUID(payload["notice_id"])
    found = _read(device_id, notice_id)
    if found is None:
        return
    if found.rest_until and found.rest_until > clock.now():
        raise work.NotBefore("left alone for a while", (found.rest_until - clock.now()).total_seconds())
    # It brings a client for the web along, which processes that serve pages have no use for.
    from app.notifications.gateways import push  # noqa: PLC0415 - as told above

    try:
        push.send(found.address, found.words, topic=topic_of(found.tag))
    except push.Gone:
        with work.recording():
            db.session.execute(delete(PushSubscription).where(PushSubscription.id == device_id))
    except push.Refused as error:
        log.warning("notice refused", extra={"device": str(device_id), "error": str(error)})
        _let_rest(device_id, _rest_after(found))
    except push.NotNow as error:
        rest = max(_rest_after(found), timedelta(seconds=min(error.seconds, LONGEST_REST)))
        _let_rest(device_id, rest)
        raise work.NotBefore(error.told, rest.total_seconds()) from error
    else:
        with work.recording():
            _set(device_id, failures=0, rest_until=None, last_used_at=clock.now())


def topic_of(tag: str) -> str:
    """32 signs of base64 for addresses are the most. A digest: the push service learns nothing from it."""
    digest = crypto.digest(f"topic:{tag}")[:TOPIC_BYTES]
    return base64.urlsafe_b64encode(digest).decode() if tag else ""


def _read(device_id: UUID, notice_id: UUID) -> OnItsWay | None:
    """Read and let go: no connection to the database is held while the push service is talked to."""
    found = queries_push.on_its_way(device_id, notice_id)
    db.session.rollback()
    return found


def _rest_after(found: OnItsWay) -> timedelta:
    """Twice as long each time: somebody's own push service that never answers must not hold up all others."""
    return timedelta(seconds=min(FIRST_REST * 2.0**found.failures, LONGEST_REST))


def _let_rest(device_id: UUID, rest: timedelta) -> None:
    with work.recording():
        _set(device_id, failures=PushSubscription.failures + 1, rest_until=clock.now() + rest)
        worn_out = PushSubscription.id == device_id, PushSubscription.failures >= FAILURES_MOST
        db.session.execute(delete(PushSubscription).where(*worn_out))


def _set(device_id: UUID, **values: object) -> None:
    row = update(PushSubscription).where(PushSubscription.id == device_id)
    db.session.execute(row.values(**values).execution_options(synchronize_session=False))
