"""Mail to a person, where they have an address."""

from app.accounts.models import User
from app.platform import mail


def write_to(person: User | None, template: str, **values: object) -> None:
    """Who left has none any more, and who came with a wallet alone none yet."""
    if person is not None and person.email:
        mail.send(template, to=person.email, user_id=person.id, name=person.display_name, **values)
