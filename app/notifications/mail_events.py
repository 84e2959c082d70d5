"""What the mail provider tells of mails that it took: they came back, were called spam, or got there."""

import json
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import update

from app.accounts import queries
from app.extensions import db
from app.kit.ids import parse_id
from app.notifications.kinds import Channel
from app.notifications.operations import preferences
from app.notifications.queries import switches
from app.platform import inbox
from app.platform.inbox import Received
from app.platform.mail import suppressions
from app.platform.models import InboxEvent, Mail
from app.platform.settings import vault

SOURCE = "mail"
TYPES, BOUNCES = ("bounce", "complaint", "delivered"), ("hard", "soft")
ADDRESS_MAX, ID_MAX = 320, 500


class NotUnderstood(ValueError):
    """Signed, and still not what was agreed upon."""


@dataclass(frozen=True, slots=True)
class MailEvent:
    kind: Literal["bounce", "complaint", "delivered"]
    address: str
    hard: bool = False
    message_id: str = ""

    @classmethod
    def read(cls, body: bytes) -> "MailEvent":
        told = json.loads(body)
        if not isinstance(told, dict) or told.get("type") not in TYPES:
            raise NotUnderstood("type: bounce, complaint or delivered")
        address, message_id = told.get("email"), told.get("message_id") or ""
        if not isinstance(address, str) or "@" not in address or len(address) > ADDRESS_MAX:
            raise NotUnderstood("email: an address")
        if told["type"] == "bounce" and told.get("bounce") not in BOUNCES:
            raise NotUnderstood("bounce: hard or soft")
        if not isinstance(message_id, str) or len(message_id) > ID_MAX:
            raise NotUnderstood("message_id: as it stood in the mail")
        return cls(told["type"], address, told.get("bounce") == "hard", message_id)

    @property
    def payload(self) -> dict[str, Any]:
        sealed = vault().seal(self.address, suppressions.PURPOSE)
        return {"type": self.kind, "address": sealed, "hard": self.hard, "message_id": self.message_id}


def receive(event_id: str, event: MailEvent) -> None:
    inbox.receive(SOURCE, event_id, event.payload)


@inbox.source(SOURCE)
def handle(received: Received) -> None:
    """Of addresses that are nobody's here nothing is kept."""
    told = received.payload
    address = vault().open(told["address"], suppressions.PURPOSE)
    _forget_address(received)
    user_id = _whose(address, told["message_id"])
    if user_id is None:
        return
    match told["type"]:
        case "bounce":
            suppressions.bounced(address, user_id, hard=told["hard"])
        case "complaint":
            suppressions.complained(address, user_id)
            if _has(address, user_id):
                _switch_all_off(user_id)
        case _:
            suppressions.delivered(address)


def _forget_address(received: Received) -> None:
    """The event stays, so that it is not taken twice; of whom it was need not."""
    row = update(InboxEvent).where(InboxEvent.id == received.id)
    db.session.execute(row.values(payload={"type": received.payload["type"]}))


def _whose(address: str, message_id: str) -> UUID | None:
    """By the mail that it was; else by who has this address now."""
    mail_id = parse_id(message_id.strip("<>").partition("@")[0])
    sent = db.session.get(Mail, mail_id) if mail_id else None
    if sent is not None and sent.user_id and sent.recipient.lower() == address.lower():
        return sent.user_id
    person = queries.find_by_email(address)
    return person.id if person else None


def _has(address: str, user_id: UUID) -> bool:
    """As theirs, now. Where they mistyped it, or have moved on, it may be somebody else who complains."""
    person = queries.find_by_email(address)
    return person is not None and person.id == user_id


def _switch_all_off(user_id: UUID) -> None:
    """Where they see it, and switch on again what they want."""
    by_mail = [one for one in switches(user_id) if one.channel is Channel.MAIL and not one.locked]
    preferences.save(user_id, {one.name: False for one in by_mail})
