"""People can be reported, too."""

from uuid import UUID

from app.accounts import queries
from app.accounts.models import User
from app.moderation.subjects import Reportable, Subject


def find(user_id: UUID, viewer_id: UUID) -> Subject | None:
    user = queries.find_user(user_id)
    there = user is not None and user.state == "active" and (user.email is None or user.email_verified_at)
    return _subject(user) if user is not None and there else None


def look(user_id: UUID) -> Subject | None:
    user = queries.find_user(user_id)
    return _subject(user) if user else None


def nothing_by_itself(user_id: UUID) -> None:
    """An account is suspended by an admin, who sees more of it."""


def _subject(user: User) -> Subject:
    title = f"{user.display_name} (@{user.handle})"
    return Subject(user.id, user.id, title, user.bio, f"/@{user.handle}")


PERSON = Reportable(
    noun="profile",
    consequence="They are told by mail that their profile was found to break the rules. "
    "Suspending the account is for an admin.",
    find=find,
    look=look,
    take_down=nothing_by_itself,
    put_back=None,
)
