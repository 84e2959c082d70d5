"""What others see of a person: name, words about themselves, the colour of their light."""

from collections.abc import Sequence
from uuid import UUID

from app.accounts import appearance, queries
from app.accounts.operations import sessions
from app.platform import audit
from app.platform.audit import Action


def update(user_id: UUID, *, display_name: str, bio: str, avatar_hue: int) -> None:
    user = queries.lock_user(user_id)
    wanted = {"display_name": display_name, "bio": bio, "avatar_hue": avatar_hue}
    changed = [name for name, value in wanted.items() if getattr(user, name) != value]
    if not changed:
        return
    for name in changed:
        setattr(user, name, wanted[name])
    audit.record(Action.PROFILE_CHANGED, actor=user_id, subject=("user", user_id), fields=changed)
    appearance.tell(user)
    sessions.changed(user_id)


def read_languages(user_id: UUID, languages: Sequence[str]) -> None:
    """The main one first; none: nobody knows. Chosen also by whoever leaves it as it was guessed."""
    user = queries.lock_user(user_id)
    chosen = list(languages) or None
    if (user.languages, user.languages_guessed) == (chosen, False):
        return
    user.languages, user.languages_guessed = chosen, False
    audit.record(Action.PROFILE_CHANGED, actor=user_id, subject=("user", user_id), fields=["languages"])
