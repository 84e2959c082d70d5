"""What stays of an account when its person left: a row that names nobody, so that history has its threads."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.accounts.models import FormerHandle, RetiredHandle, User
from app.accounts.queries_data import retired_digest
from app.extensions import db
from app.kit import chance, clock

NAME = "Deleted account"
# Long enough for links and memories to fade; then the handle is anybody's.
RESERVED_FOR = timedelta(days=90)


def put(user_id: UUID) -> None:
    user = db.session.get_one(User, user_id, with_for_update=True)
    _retire([user.handle])
    # Nobody can know it before and take it, so as to keep somebody from leaving.
    user.handle = f"deleted_{chance.token_bytes(8).hex()}"
    user.display_name = NAME
    user.email = user.email_verified_at = user.handle_changed_at = None
    user.password_hash = user.password_changed_at = user.sealed_birth_date = None
    user.bio, user.avatar_hue, user.roles = "", 0, []
    user.state, user.deletion_due_at = "deleted", None
    db.session.flush()


def retire_former_handles(user_id: UUID) -> None:
    gone = delete(FormerHandle).where(FormerHandle.user_id == user_id).returning(FormerHandle.handle)
    _retire(list(db.session.scalars(gone)))


def free_handles() -> None:
    db.session.execute(delete(RetiredHandle).where(RetiredHandle.free_at <= clock.now()))


def _retire(handles: list[str]) -> None:
    free_at = clock.now() + RESERVED_FOR
    for handle in handles:
        row = insert(RetiredHandle).values(handle_digest=retired_digest(handle), free_at=free_at)
        db.session.execute(
            row.on_conflict_do_update(index_elements=["handle_digest"], set_={"free_at": free_at})
        )
