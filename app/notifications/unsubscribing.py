"""The address under a mail at which one click ends mails of its kind (RFC 8058).

The signature is the proof: whoever holds the mail may unsubscribe, signed in or not, however late.
"""

from dataclasses import dataclass
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer

from app.kit.ids import parse_id
from app.notifications import kinds
from app.notifications.kinds import Channel, Kind
from app.platform.settings import settings

MAX_TOKEN = 500


@dataclass(frozen=True, slots=True)
class Subscription:
    user_id: UUID
    kind: Kind


def address(user_id: UUID, kind_name: str) -> str:
    return f"{settings().base_url}/unsubscribe/{_signer().dumps([user_id.hex, kind_name])}"


def headers(user_id: UUID, kind_name: str) -> dict[str, str]:
    return {
        "List-Unsubscribe": f"<{address(user_id, kind_name)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def read(token: str) -> Subscription | None:
    """Nothing for what we did not sign, and for kinds that cannot be switched off."""
    try:
        user_id, kind_name = _signer().loads(token[:MAX_TOKEN])
    except (BadSignature, ValueError, TypeError):
        return None
    person, kind = parse_id(user_id), kinds.find(kind_name)
    if person is None or kind is None or not kind.can_change(Channel.MAIL):
        return None
    return Subscription(person, kind)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt="unsubscribe")
