"""From a cookie's token to a Viewer, remembered for five seconds in this process.

A published revocation drops an entry at once; without Redis it ends by itself after those seconds.
"""

import time
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, text

from app.accounts import portraits
from app.accounts.operations import sessions
from app.extensions import db
from app.kit import clock, crypto
from app.platform.settings import settings
from app.platform.viewer import Role, Viewer
from app.platform.web import client_address

KEEP_SECONDS = 5.0
KEEP_ENTRIES = 20_000
TOUCH_EVERY = timedelta(minutes=1)

FIND = """
    select s.id as session_id, s.authenticated_at, s.expires_at, s.second_factor, s.last_used_at,
           u.id, u.handle, u.display_name, u.roles, u.avatar_hue, u.deletion_due_at,
           {portrait} as portrait
    from sessions s join users u on u.id = s.user_id
    where s.token_digest = :digest and s.ended_at is null and s.expires_at > :now
      and s.last_used_at > :idle_since and u.state = 'active'
"""

_entries: dict[str, tuple[float, Viewer]] = {}


def find(token: str) -> Viewer | None:
    entry = _entries.get(token)
    if entry and entry[0] > time.monotonic() and entry[1].expires_at > clock.now():
        return entry[1]
    _entries.pop(token, None)
    person = load(token)
    if person:
        if len(_entries) >= KEEP_ENTRIES:
            _entries.clear()
        _entries[token] = (time.monotonic() + KEEP_SECONDS, person)
    return person


def drop(notice: dict[str, Any]) -> None:
    """Handles the `access_ended` signal."""
    subject = notice["subject_id"]
    for token, (_, person) in list(_entries.items()):
        if subject in {str(person.session_id), str(person.id)}:
            _entries.pop(token, None)


def load(token: str) -> Viewer | None:
    """Past the cache, for what is not committed yet."""
    at = clock.now()
    idle_since = at - timedelta(days=settings().session_idle_days)
    row = db.session.execute(
        _find(portraits.column()), {"digest": crypto.digest(token), "now": at, "idle_since": idle_since}
    ).first()
    if row is None:
        return None
    if at - row.last_used_at > TOUCH_EVERY:
        sessions.touch(row.session_id, client_address(), at)
    return Viewer(
        id=row.id,
        handle=row.handle,
        display_name=row.display_name,
        roles=frozenset(Role(r) for r in row.roles),
        session_id=row.session_id,
        session_token=token,
        authenticated_at=row.authenticated_at,
        expires_at=row.expires_at,
        second_factor=row.second_factor,
        avatar_hue=row.avatar_hue,
        avatar_url=portraits.address(row.portrait),
        deletion_due=row.deletion_due_at,
    )


def clear() -> None:
    _entries.clear()


@lru_cache
def _find(portrait: str) -> TextClause:
    return text(FIND.format(portrait=portrait))
