"""Notices on people's devices: switching them on and off, and asking for one to be shown.

    pushing.enqueue(person.id, title="Mira wrote to you", body="", href="/messages/…", tag="talk:…")

Inside transaction(). What somebody says in private is never in it: a notice lies on locked screens.
"""

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.kit import clock, crypto, devices
from app.kit.ids import new_id
from app.kit.text import clean_line, shortened
from app.notifications import queries_push, vapid
from app.notifications.models_push import DEVICE_MAX, TAG_MAX, PushNotice, PushSubscription
from app.notifications.push_address import PURPOSE, PushAddress
from app.platform import audit, work
from app.platform.audit import Action
from app.platform.errors import NotFound, Refused
from app.platform.settings import vault

SEND = "notifications.push"
# A push service takes about 4 KB, sealed: these signs at four bytes each stay below 3.
TITLE_MAX, BODY_MAX, HREF_MAX = 120, 300, 500
DEVICES_MOST = 20


def subscribe(user_id: UUID, session_id: UUID, address: PushAddress, user_agent: str) -> None:
    """The same browser again, or somebody else's who signed in there: it is theirs now."""
    digest = crypto.digest(address.endpoint)
    others = select(func.count()).where(
        PushSubscription.user_id == user_id, PushSubscription.endpoint_digest != digest
    )
    if (db.session.scalar(others) or 0) >= DEVICES_MOST:
        raise Refused(f"{DEVICES_MOST} devices are the most. Forget one of them first.")
    values = {
        "user_id": user_id,
        "session_id": session_id,
        "sealed_address": address.seal(),
        "device": devices.describe(user_agent)[:DEVICE_MAX],
        "failures": 0,
        "rest_until": None,
    }
    row = insert(PushSubscription).values(
        id=new_id(), endpoint_digest=digest, created_at=clock.now(), **values
    )
    # A session has one browser: what that one had before is no longer heard.
    _drop(PushSubscription.session_id == session_id, PushSubscription.endpoint_digest != digest)
    kept = row.on_conflict_do_update(index_elements=["endpoint_digest"], set_=values)
    device_id = db.session.execute(kept.returning(PushSubscription.id)).scalar_one()
    audit.record(Action.DEVICE_ADDED, actor=user_id, subject=("push_subscription", device_id))


def forget(user_id: UUID, device_id: UUID) -> None:
    gone = _drop(PushSubscription.id == device_id, PushSubscription.user_id == user_id)
    if not gone:
        raise NotFound
    audit.record(Action.DEVICE_FORGOTTEN, actor=user_id, subject=("push_subscription", device_id))


def enqueue(user_id: UUID, *, title: str, body: str, href: str, tag: str = "") -> int:
    """To how many devices it goes. A newer one of the same tag takes the place of an older one."""
    found = queries_push.devices(user_id) if vapid.public_key() else ()
    if found:
        notice = _note(user_id, title, body, href, tag)
        for device in found:
            _ask(device.id, notice, due_at=device.rest_until)
    return len(found)


def try_out(user_id: UUID, device_id: UUID) -> None:
    """One that shows whether notices get there."""
    if device_id not in {device.id for device in queries_push.devices(user_id)}:
        raise NotFound
    words = "Notices get here. This one was sent by you, to see."
    _ask(device_id, _note(user_id, "It works", words, "/settings/devices", "try"))
    audit.record(Action.DEVICE_TRIED, actor=user_id, subject=("push_subscription", device_id))


def _note(user_id: UUID, title: str, body: str, href: str, tag: str) -> UUID:
    if not href.startswith("/") or href.startswith("//") or len(href) > HREF_MAX:
        raise ValueError(f"a notice leads to an address of ours, not to {href!r}")
    words = {
        "title": shortened(clean_line(title), TITLE_MAX),
        "body": shortened(clean_line(body), BODY_MAX),
        "href": href,
    }
    tag = tag[:TAG_MAX]
    if tag:
        older = delete(PushNotice).where(PushNotice.user_id == user_id, PushNotice.tag == tag)
        db.session.execute(older.execution_options(synchronize_session=False))
    notice = PushNotice(
        id=new_id(), user_id=user_id, tag=tag, sealed_words=vault().seal(json.dumps(words), PURPOSE)
    )
    db.session.add(notice)
    return notice.id


def _ask(device_id: UUID, notice_id: UUID, *, due_at: datetime | None = None) -> None:
    work.enqueue(SEND, {"device_id": str(device_id), "notice_id": str(notice_id)}, due_at=due_at)


def _drop(*which: object) -> int:
    gone = delete(PushSubscription).where(*which)  # type: ignore[arg-type]
    return int(db.session.execute(gone.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]
