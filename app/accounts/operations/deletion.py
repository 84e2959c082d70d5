"""Leaving: asked for, waited for in case of second thoughts, then done for good."""

import logging
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select

from app.accounts.letters import write_to
from app.accounts.models import User
from app.accounts.operations import handles, sessions, verification
from app.accounts.queries import lock_user
from app.extensions import db
from app.kit import clock
from app.platform import audit, mail, personal_data
from app.platform.access import Ended, end_access
from app.platform.audit import Action
from app.platform.errors import Conflict, Refused
from app.platform.models import Mail, MailSuppression
from app.platform.settings import settings

log = logging.getLogger(__name__)

GRACE = timedelta(days=14)
FAREWELL = "deletion_done"


class HandleMistyped(Refused):
    code = "handle_mistyped"

    def __init__(self, handle: str) -> None:
        super().__init__(f"Type {handle}, your own handle, to show that you mean this account.", "handle")


class NotGivenUp(Refused):
    code = "not_given_up"

    def __init__(self) -> None:
        super().__init__("Tick this box to go on.", "gives_up")


class CannotLeaveYet(Conflict):
    code = "cannot_leave_yet"


def ask(user_id: UUID, *, typed_handle: str, session_id: UUID, gives_up: bool = False) -> None:
    user = lock_user(user_id)
    if typed_handle.strip().removeprefix("@").lower() != user.handle.lower():
        raise HandleMistyped(user.handle)
    if reasons := personal_data.reasons_to_wait(user_id):
        raise CannotLeaveYet(" ".join(one.words for one in reasons))
    if not gives_up and personal_data.given_up(user_id):
        raise NotGivenUp
    if user.deletion_due_at is not None:
        return
    user.deletion_due_at = clock.now() + GRACE
    sessions.end_all(user_id, because="account deletion asked", keep=session_id)
    sessions.changed(user_id)
    due = user.deletion_due_at.isoformat()
    audit.record(Action.DELETION_ASKED, actor=user_id, subject=("user", user_id), due=due)
    _tell(user, "deletion_scheduled", until=user.deletion_due_at)


def cancel(user_id: UUID) -> None:
    user = lock_user(user_id)
    if user.deletion_due_at is None:
        return
    user.deletion_due_at = None
    sessions.changed(user_id)
    audit.record(Action.DELETION_CANCELLED, actor=user_id, subject=("user", user_id))
    _tell(user, "deletion_cancelled")


def call_off(user: User) -> list[str]:
    """Whoever asked for it, and whenever: it can be asked for again, and not be undone. The caller holds the
    person's row.
    """
    if user.deletion_due_at is None:
        return []
    user.deletion_due_at = None
    audit.record(Action.DELETION_CANCELLED, actor=user.id, subject=("user", user.id))
    return ["The deletion of your account"]


def erase(user_id: UUID) -> bool:
    """Whether the person is gone now. Called again, or after a change of mind, it does nothing."""
    user = lock_user(user_id)
    if user.deletion_due_at is None or user.deletion_due_at > clock.now():
        return False
    if reasons := personal_data.reasons_to_wait(user_id):
        because = [one.words for one in reasons]
        log.warning("deletion waits", extra={"user_id": str(user_id), "reasons": because})
        return False
    address, name = user.email, user.display_name
    personal_data.erase(user_id)
    audit.record(Action.DELETED, actor=None, subject=("user", user_id))
    end_access(Ended.ACCOUNT, user_id, user_id)
    if address:
        # Written after the erasing, which would have taken it along; it goes once it is sent. It is nobody's
        # by now: if it comes back, no address is kept for that.
        mail.send(FAREWELL, to=address, name=name)
    return True


def let_go(user_id: UUID) -> bool:
    """Somebody joined and never confirmed the address. Nobody came in, so that nothing stays."""
    user = lock_user(user_id)
    handle, since = user.handle, clock.now() - verification.WAITS
    if user.state != "active" or user.email_verified_at or not user.email or user.created_at > since:
        return False
    personal_data.erase(user_id)
    handles.release(handle)
    db.session.delete(user)
    audit.record(Action.DELETED, actor=None, subject=("user", user_id), because="address never confirmed")
    return True


def forget_farewells() -> None:
    """The last mail held the last address. An older release wrote it under the person's id, so that where it
    came back the address was kept once more.
    """
    gone = select(User.id).where(User.state == "deleted")
    nobodys = or_(Mail.user_id.is_(None), Mail.user_id.in_(gone))
    told = delete(Mail).where(nobodys, Mail.template == FAREWELL, Mail.state != "waiting")
    for forgotten in (told, delete(MailSuppression).where(MailSuppression.user_id.in_(gone))):
        db.session.execute(forgotten.execution_options(synchronize_session=False))


def _tell(user: User, template: str, **context: object) -> None:
    write_to(user, template, link=f"{settings().base_url}/settings/data", **context)
