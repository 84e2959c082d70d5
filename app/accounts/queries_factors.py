"""Questions about how a person proves who they are, one function each."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from app.accounts.models import Passkey, RecoveryCode, TotpFactor, User, Wallet
from app.extensions import db


@dataclass(frozen=True, slots=True)
class Factors:
    totp: bool
    passkeys: int
    recovery_codes: int

    @property
    def count(self) -> int:
        """Recovery codes stand in for a factor; they are none by themselves."""
        return self.totp + self.passkeys


@dataclass(frozen=True, slots=True)
class WaysIn:
    password: bool
    passkeys: int
    wallets: int

    @property
    def count(self) -> int:
        return self.password + self.passkeys + self.wallets


def factors(user_id: UUID) -> Factors:
    row = db.session.execute(
        select(
            _count(TotpFactor.user_id == user_id, TotpFactor.confirmed_at.is_not(None)),
            _count(Passkey.user_id == user_id),
            _count(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)),
        )
    ).one()
    return Factors(bool(row[0]), row[1], row[2])


def ways_in(user_id: UUID) -> WaysIn:
    row = db.session.execute(
        select(
            _count(User.id == user_id, User.password_hash.is_not(None)),
            _count(Passkey.user_id == user_id),
            _count(Wallet.user_id == user_id),
        )
    ).one()
    return WaysIn(bool(row[0]), row[1], row[2])


def totp_factor(user_id: UUID) -> TotpFactor | None:
    """Set up, or under way."""
    return db.session.get(TotpFactor, user_id)


def passkeys(user_id: UUID) -> Sequence[Passkey]:
    return db.session.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)).all()


def passkey(user_id: UUID, passkey_id: UUID) -> Passkey | None:
    found = db.session.get(Passkey, passkey_id)
    return found if found is not None and found.user_id == user_id else None


def passkey_by_credential(credential_id: bytes) -> Passkey | None:
    return db.session.execute(
        select(Passkey).where(Passkey.credential_id == credential_id)
    ).scalar_one_or_none()


def wallets(user_id: UUID) -> Sequence[Wallet]:
    return db.session.scalars(
        select(Wallet).where(Wallet.user_id == user_id).order_by(Wallet.created_at, Wallet.address)
    ).all()


def wallet(address: str) -> Wallet | None:
    return db.session.get(Wallet, address)


def _count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return select(func.count()).where(*conditions).scalar_subquery()
