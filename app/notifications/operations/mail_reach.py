"""Trying again to reach an address by mail."""

from uuid import UUID

from app.accounts import queries
from app.accounts.letters import write_to
from app.notifications.queries_mail import trouble_of
from app.platform import limits
from app.platform.errors import NotFound
from app.platform.mail import suppressions
from app.platform.settings import settings


def try_again(user_id: UUID) -> None:
    """One mail shows whether it gets there; should it come back too, all is as before."""
    trouble = trouble_of(user_id)
    if trouble is None:
        raise NotFound("Mail to your address is not held back.")
    limits.take("mail", f"again:{user_id}")
    suppressions.lift(trouble.id, actor=user_id)
    link = f"{settings().base_url}/settings/notifications"
    write_to(queries.the_user(user_id), "mail_again", link=link)


def lift(suppression_id: UUID, *, actor: UUID) -> bool:
    """By an admin. Whether there was anything to lift."""
    return suppressions.lift(suppression_id, actor=actor)
