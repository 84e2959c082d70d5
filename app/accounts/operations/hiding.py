"""Not wanting to read somebody. It is between oneself and the house: the other never learns of it."""

from uuid import UUID

from sqlalchemy import delete, or_
from sqlalchemy.dialects.postgresql import insert

from app.accounts.errors import HidingYourself
from app.accounts.models import HiddenPerson
from app.accounts.queries_hiding import is_there
from app.extensions import db
from app.kit import clock
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import NotFound

# Not "user": what the log says of a user is handed over to them.
SUBJECT = "person"


def hide(user_id: UUID, hidden_id: UUID) -> bool:
    """Whether they were not hidden before."""
    if user_id == hidden_id:
        raise HidingYourself
    if not is_there(hidden_id):
        raise NotFound
    row = insert(HiddenPerson).values(user_id=user_id, hidden_id=hidden_id, created_at=clock.now())
    if not db.session.execute(row.on_conflict_do_nothing().returning(HiddenPerson.hidden_id)).first():
        return False
    audit.record(Action.PERSON_HIDDEN, actor=user_id, subject=(SUBJECT, hidden_id))
    return True


def show_again(user_id: UUID, hidden_id: UUID) -> bool:
    gone = delete(HiddenPerson).where(HiddenPerson.user_id == user_id, HiddenPerson.hidden_id == hidden_id)
    if not db.session.execute(gone.returning(HiddenPerson.hidden_id)).first():
        return False
    audit.record(Action.PERSON_SHOWN, actor=user_id, subject=(SUBJECT, hidden_id))
    return True


def erase(user_id: UUID) -> None:
    """Nobody needs to hide those who left."""
    either = or_(HiddenPerson.user_id == user_id, HiddenPerson.hidden_id == user_id)
    db.session.execute(delete(HiddenPerson).where(either).execution_options(synchronize_session=False))
