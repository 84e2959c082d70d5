"""The job that sends a mail: to the mail server, or, in demo mode without one, to the mailbox page."""

import logging
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.extensions import db
from app.kit import clock
from app.platform import mail, work
from app.platform.mail import smtp
from app.platform.models import Mail
from app.platform.settings import settings

log = logging.getLogger(__name__)

# With the pauses between them about half a day: a mail server may be down for a night.
ATTEMPTS = 20


def _give_up(payload: dict[str, Any]) -> None:
    _record(UUID(payload["mail_id"]), state="failed", sealed_context=None)


@work.handler(mail.DELIVER, transactional=False, max_attempts=ATTEMPTS, on_failure=_give_up)
def deliver(payload: dict[str, Any]) -> None:
    """A worker killed right after the server took the mail sends it again, under the same Message-ID."""
    mail_id = UUID(payload["mail_id"])
    letter = _waiting(mail_id)
    if letter is None:
        return
    if not settings().smtp_url:
        _keep(mail_id, state="sent", sent_at=clock.now())
        return
    try:
        smtp.send(letter, settings())
    except smtp.Rejected as error:
        log.warning("mail rejected", extra={"mail": str(mail_id), "error": str(error)})
        _keep(mail_id, state="failed", last_error=str(error), sealed_context=None)
    except smtp.NotNow as error:
        _keep(mail_id, last_error=str(error))
        raise
    else:
        _keep(mail_id, state="sent", sent_at=clock.now(), last_error=None, sealed_context=None)


def _waiting(mail_id: UUID) -> smtp.Letter | None:
    """Read and let go: no connection to the database is held while the mail server is talked to."""
    found = db.session.get(Mail, mail_id)
    rendered = mail.content(found) if found and found.state == "waiting" else None
    letter = smtp.Letter(mail_id, found.recipient, rendered) if found and rendered else None
    db.session.rollback()
    return letter


def _keep(mail_id: UUID, **values: object) -> None:
    with work.recording():
        _record(mail_id, attempts=Mail.attempts + 1, **values)


def _record(mail_id: UUID, **values: object) -> None:
    db.session.execute(update(Mail).where(Mail.id == mail_id).values(**values))
