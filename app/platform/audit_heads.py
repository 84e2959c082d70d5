"""The chain's end, signed: once a day into the database and the log, and whenever somebody asks."""

import base64
import logging
from dataclasses import dataclass
from datetime import date
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.kit import clock
from app.kit.canonical import canonical
from app.platform import schedule
from app.platform.audit_chain import last
from app.platform.models import AuditHead
from app.platform.secret_keys import key_for, keys_for

PURPOSE = "audit head"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Head:
    day: date
    number: int
    chain: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """To be kept elsewhere, and shown to `flask audit verify --head`."""
        return f"{self.day} {self.number} {self.chain.hex()} {base64.b64encode(self.signature).decode()}"

    @classmethod
    def from_line(cls, line: str) -> Self:
        day, number, chain, signature = line.split()
        return cls(date.fromisoformat(day), int(number), bytes.fromhex(chain), base64.b64decode(signature))

    @property
    def genuine(self) -> bool:
        return any(self._is_of(Ed25519PrivateKey.from_private_bytes(key)) for key in keys_for(PURPOSE))

    def _is_of(self, signer: Ed25519PrivateKey) -> bool:
        try:
            signer.public_key().verify(self.signature, _signed(self.day, self.number, self.chain))
        except InvalidSignature:
            return False
        return True


def head() -> Head | None:
    """The chain's end as it is now; None while nothing is sealed."""
    with db.engine.connect() as connection:
        number, chain = last(connection)
    if not number:
        return None
    day = clock.now().date()
    return Head(day, number, chain, _signer().sign(_signed(day, number, chain)))


@schedule.every(3600, "audit.head")
def sign_head() -> Head | None:
    """The day's head, at the first call of the day; None when it is signed already."""
    new = head()
    if new is None or not _store(new):
        return None
    log.info("audit head", extra={"head": new.line})
    return new


def signed_heads() -> list[Head]:
    with db.engine.connect() as connection:
        rows = connection.execute(select(AuditHead.__table__).order_by(AuditHead.day)).all()
    return [Head(row.day, row.number, bytes(row.chain), bytes(row.signature)) for row in rows]


def _store(new: Head) -> bool:
    values = {"day": new.day, "number": new.number, "chain": new.chain, "signature": new.signature}
    with db.engine.begin() as connection:
        stored = connection.execute(
            insert(AuditHead).values(values).on_conflict_do_nothing().returning(AuditHead.day)
        )
        return stored.first() is not None


def _signer() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(key_for(PURPOSE))


def _signed(day: date, number: int, chain: bytes) -> bytes:
    return canonical({"day": day.isoformat(), "number": number, "chain": chain.hex()})
