"""Mails that are written to somebody make a line on their page too, where a kind names them."""

from collections.abc import Mapping

from app.accounts.models import User
from app.notifications import kinds
from app.notifications.models import SUBJECT_MAX
from app.notifications.operations.telling import tell
from app.platform.mail.rendering import plain
from app.platform.settings import settings


def written(person: User, template: str, values: Mapping[str, object]) -> None:
    """Of its values only what the sentence asks for is kept."""
    found = kinds.told_by(template)
    if found is None:
        return
    _, event = found
    words = {name: str(plain(values.get(name, ""))) for name in event.words}
    href = event.href or str(values["link"]).removeprefix(settings().base_url)
    tell(event.name, to=person.id, subject=href[:SUBJECT_MAX], href=href, words=words)
