"""The job that sends a mail: to the mail server, or, in demo mode without one, to the mailbox page."""

import logging
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.extensions import db
from app.kit import clock
from app.platform import mail, work
from app.platform.mail import smtp, suppressions
from app.platform.models import Mail
from app.platform.settings import settings

log = logging.getLogger(__name__)

# With the pauses between them about half a day: a mail server may be down for a night.
ATTEMPTS = 20
HELD_BACK = "held back: earlier mail to this address came back"


def _give_up(payload: dict[str, Any]) -> None:
    _record(UUID(payload["mail_id"]), state="failed", sealed_context=None)


@work.handler(mail.DELIVER, transactional=False, max_attempts=ATTEMPTS, on_failure=_give_up)
def deliver(payload: dict[str, Any]) -> None:
    """A worker killed right after the server took the mail sends it again, under the same Message-ID."""
    mail_id = UUID(payload["mail_id"])
    letter, held_back = _waiting(mail_id)
    if letter is None:
        return
    if held_back:
        _keep(mail_id, state="failed", last_error=HELD_BACK, sealed_context=None)
        return
    if not settings().smtp_url:
        _keep(mail_id, state="sent", sent_at=clock.now())
        return
    try:
        smtp.send(letter, settings())
    except smtp.Rejected as error:
        log.warning("mail rejected", extra={"mail": str(mail_id), "error": str(error)})
        _reject(mail_id, error)
    except smtp.NotNow as error:
        _keep(mail_id, last_error=str(error))
        raise
    else:
        _keep(mail_id, state="sent", sent_at=clock.now(), last_error=None, sealed_context=None)


def _waiting(mail_id: UUID) -> tuple[smtp.Letter | None, bool]:
    """Read and let go: no connection to the database is held while the mail server is talked to."""
    found = db.session.get(Mail, mail_id)
    letter, held_back = None, False
    if found and found.state == "waiting" and (rendered := mail.content(found)):
        letter = smtp.Letter(mail_id, found.recipient, rendered)
        held_back = suppressions.holds_back(found.recipient, found.template)
    db.session.rollback()
    return letter, held_back


def _reject(mail_id: UUID, error: smtp.Rejected) -> None:
    with work.recording():
        sent = db.session.get(Mail, mail_id)
        if isinstance(error, smtp.NobodyThere | smtp.NoRoom) and sent and sent.user_id:
            nobody = isinstance(error, smtp.NobodyThere)
            suppressions.bounced(sent.recipient, sent.user_id, hard=nobody)
        _record(
            mail_id, attempts=Mail.attempts + 1, state="failed", last_error=str(error), sealed_context=None
        )


def _keep(mail_id: UUID, **values: object) -> None:
    with work.recording():
        _record(mail_id, attempts=Mail.attempts + 1, **values)


def _record(mail_id: UUID, **values: object) -> None:
    db.session.execute(update(Mail).where(Mail.id == mail_id).values(**values))
