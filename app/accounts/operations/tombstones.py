"""What stays of an account when its person left: a row that names nobody, so that history has its threads."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete

from app.accounts.models import FormerHandle, User
from app.accounts.operations import handles
from app.extensions import db
from app.kit import chance, clock

NAME = "Deleted account"
# Long enough for links and memories to fade; then the handle is anybody's.
RESERVED_FOR = timedelta(days=90)


def put(user_id: UUID) -> None:
    user = db.session.get_one(User, user_id, with_for_update=True)
    _retire(user.handle)
    # Nobody can know it before and take it, so as to keep somebody from leaving.
    user.handle = f"deleted_{chance.token_bytes(8).hex()}"
    user.display_name = NAME
    user.email = user.email_verified_at = user.handle_changed_at = None
    user.password_hash = user.password_changed_at = user.sealed_birth_date = None
    user.bio, user.avatar_hue, user.roles = "", 0, []
    user.languages, user.languages_guessed = None, False
    user.state, user.deletion_due_at = "deleted", None
    db.session.flush()


def retire_former_handles(user_id: UUID) -> None:
    gone = delete(FormerHandle).where(FormerHandle.user_id == user_id).returning(FormerHandle.handle)
    for handle in db.session.scalars(gone).all():
        _retire(handle)


def _retire(handle: str) -> None:
    handles.withhold(handle, clock.now() + RESERVED_FOR)
