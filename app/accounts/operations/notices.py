"""Words to the owner of an address that somebody else typed."""

from app.accounts import queries
from app.platform import mail
from app.platform.settings import settings


def already_registered(email: str) -> None:
    owner = queries.find_by_email(email)
    mail.send(
        "already_registered",
        # As the account has it: what a stranger typed may be read as another mailbox.
        to=owner.email if owner and owner.email else email,
        user_id=owner.id if owner else None,
        name=owner.display_name if owner else "there",
        link=f"{settings().base_url}/login",
        reset_link=f"{settings().base_url}/reset",
    )
