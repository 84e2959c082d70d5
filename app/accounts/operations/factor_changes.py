"""What holds whenever a factor or a way in comes or goes: nobody is locked out, and the owner is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from app.accounts import queries_factors
from app.accounts.errors_factors import LastWayIn, StaffKeepsFactor
from app.accounts.letters import write_to
from app.accounts.models import Passkey, TotpFactor, User, Wallet
from app.accounts.operations import recovery_codes, sessions
from app.extensions import db
from app.kit import clock
from app.platform import audit
from app.platform.audit import Action
from app.platform.settings import settings
from app.platform.viewer import Role

Added = TypeVar("Added", Passkey, Wallet)

STAFF = {Role.MODERATOR, Role.ADMIN}


@dataclass(frozen=True, slots=True)
class Changed:
    """The session's fresh token, and recovery codes where this factor is the first."""

    token: str
    codes: list[str] | None


def added(user: User, session_id: UUID, action: Action, what: str) -> Changed:
    audit.record(action, actor=user.id, subject=("user", user.id))
    first = not queries_factors.factors(user.id).recovery_codes
    codes = recovery_codes.make(user.id) if first else None
    tell(user, "second_factor_changed", what)
    return Changed(sessions.confirm(session_id, second_factor=True), codes)


def removed(user: User, session_id: UUID, action: Action, what: str) -> str:
    audit.record(action, actor=user.id, subject=("user", user.id))
    if not queries_factors.factors(user.id).count:
        recovery_codes.forget(user.id)
        sessions.forget_second_factor(user.id)
    tell(user, "second_factor_changed", what)
    return sessions.confirm(session_id)


def take_back(user_id: UUID, since: datetime) -> list[str]:
    """Whoever had the account since then keeps no way into it, nor a factor that locks the owner out.

    What went, in words for the owner.
    """
    removed = []
    for passkey in _added(Passkey, user_id, since):
        _take_away(passkey, Action.PASSKEY_REMOVED, name=passkey.name)
        removed.append(f"The passkey {passkey.name}")
    for wallet in _added(Wallet, user_id, since):
        _take_away(wallet, Action.WALLET_REMOVED, wallet=wallet.address)
        removed.append(f"The wallet {wallet.address}")
    app = queries_factors.totp_factor(user_id)
    if app is not None and (app.confirmed_at is None or app.confirmed_at >= since):
        _take_away(app, Action.TOTP_REMOVED)
        removed.append("The authenticator app")
    db.session.flush()
    if recovery_codes.were_made(user_id, since):
        # Also where other factors stay: whoever made them wrote them down.
        recovery_codes.forget(user_id)
        removed.append("The recovery codes")
    elif not queries_factors.factors(user_id).count:
        recovery_codes.forget(user_id)
    return removed


def check_may_lose_one(user: User) -> None:
    """Staff keep a second factor. The caller holds the person's row."""
    if STAFF & set(user.roles) and queries_factors.factors(user.id).count == 1:
        raise StaffKeepsFactor


def check_not_last_way_in(user: User, name: str, instead: str) -> None:
    """The caller holds the person's row, so that two tabs cannot remove the last two at once."""
    if queries_factors.ways_in(user.id).count == 1:
        raise LastWayIn(name, instead)


def tell(user: User, template: str, what: str, path: str = "/settings/security") -> None:
    write_to(user, template, what=what, at=clock.now(), link=settings().base_url + path)


def _added(kind: type[Added], user_id: UUID, since: datetime) -> Sequence[Added]:
    return db.session.scalars(
        select(kind).where(kind.user_id == user_id, kind.created_at >= since).order_by(kind.created_at)
    ).all()


def _take_away(added: Passkey | Wallet | TotpFactor, action: Action, **personal: str) -> None:
    db.session.delete(added)
    audit.record(action, actor=added.user_id, subject=("user", added.user_id), personal=personal or None)
