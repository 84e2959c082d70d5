"""Mail: one template makes the subject, a text and an HTML part; a job sends it.

    mail.send("verify_email", to=user.email, user_id=user.id, name=user.display_name, link=link)

Inside transaction(): the mail is asked for together with what it tells about, or not at all. What
each template needs stands at its top, in templates/mail.
"""

import json
from uuid import UUID

from app.extensions import db
from app.kit.ids import new_id
from app.platform import work
from app.platform.mail.rendering import Rendered, plain, render
from app.platform.models import Mail
from app.platform.settings import vault

PURPOSE = "mail"
DELIVER = "mail.deliver"

__all__ = ["DELIVER", "Rendered", "content", "send"]


def send(template: str, to: str, *, user_id: UUID | None = None, **context: object) -> UUID:
    """Renders once to see that nothing is missing, while the caller can still be told."""
    values = {name: plain(value) for name, value in context.items()}
    render(template, values)
    mail = Mail(
        id=new_id(),
        user_id=user_id,
        recipient=to,
        template=template,
        sealed_context=vault().seal(json.dumps(values), PURPOSE),
    )
    db.session.add(mail)
    work.enqueue(DELIVER, {"mail_id": str(mail.id)})
    return mail.id


def content(mail: Mail) -> Rendered | None:
    """What it says; None once that was sent and forgotten."""
    if mail.sealed_context is None:
        return None
    return render(mail.template, json.loads(vault().open(mail.sealed_context, PURPOSE)))
