"""The address under a mail at which one click ends mails of its kind (RFC 8058).

The signature is the proof: whoever holds the mail may unsubscribe, signed in or not, however late. A mail
that is given its address as `stop` says so in its headers too (platform/mail).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer

from app.kit.ids import parse_id
from app.notifications import kinds
from app.notifications.kinds import Channel
from app.platform.settings import settings

MAX_TOKEN = 500
# Under a mail of several kinds: it ends all that we write of by ourselves.
SUMMARY = "*"


@dataclass(frozen=True, slots=True)
class Subscription:
    user_id: UUID
    label: str
    about: str
    # Names of kinds.
    ends: Sequence[str]


def address(user_id: UUID, kind_name: str) -> str:
    return f"{settings().base_url}/unsubscribe/{_signer().dumps([user_id.hex, kind_name])}"


def read(token: str) -> Subscription | None:
    """Nothing for what we did not sign, and for kinds that cannot be switched off."""
    try:
        user_id, kind_name = _signer().loads(token[:MAX_TOKEN])
    except (BadSignature, ValueError, TypeError):
        return None
    person, kind = parse_id(user_id), kinds.find(kind_name)
    if person is not None and kind_name == SUMMARY:
        return _summary(person)
    if person is None or kind is None or not kind.can_change(Channel.MAIL):
        return None
    return Subscription(person, kind.label, kind.about, (kind.name,))


def _summary(person: UUID) -> Subscription:
    ends = [kind for kind in kinds.all_kinds() if kind.mails and kind.can_change(Channel.MAIL)]
    about = ", ".join(kind.label for kind in ends)
    return Subscription(
        person, "What happened", f"It ends these mails: {about}.", [kind.name for kind in ends]
    )


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt="unsubscribe")
