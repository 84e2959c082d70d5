"""The authenticator app: set up, proven with one code, removed (RFC 6238)."""

import base64
import hmac
from uuid import UUID

import pyotp

from app.accounts import queries, queries_factors
from app.accounts.errors_factors import AlreadySetUp, NothingToConfirm, WrongSetupCode
from app.accounts.models import TotpFactor
from app.accounts.operations import factor_changes
from app.accounts.operations.factor_changes import Changed
from app.extensions import db
from app.kit import chance, clock
from app.platform.audit import Action
from app.platform.settings import vault

PURPOSE = "totp"
STEP_SECONDS = 30
SECRET_BYTES = 20
# One step either side: clocks of phones are not exact, and typing takes a moment.
STEPS_AROUND = (0, -1, 1)


def begin(user_id: UUID) -> None:
    """A secret that counts for nothing until one code of it was typed."""
    queries.lock_user(user_id)
    factor = queries_factors.totp_factor(user_id)
    if factor is not None and factor.confirmed_at is not None:
        raise AlreadySetUp
    if factor is not None:
        db.session.delete(factor)
        db.session.flush()
    sealed = vault().seal(new_secret(), PURPOSE)
    db.session.add(TotpFactor(user_id=user_id, sealed_secret=sealed))


def confirm(user_id: UUID, session_id: UUID, code: str) -> Changed:
    user = queries.lock_user(user_id)
    factor = db.session.get(TotpFactor, user_id, with_for_update=True)
    if factor is None or factor.confirmed_at is not None:
        raise NothingToConfirm
    if not _accept(factor, code):
        raise WrongSetupCode
    factor.confirmed_at = clock.now()
    return factor_changes.added(user, session_id, Action.TOTP_ADDED, "An authenticator app was added.")


def remove(user_id: UUID, session_id: UUID) -> str:
    """The session's fresh token."""
    user = queries.lock_user(user_id)
    factor = queries_factors.totp_factor(user_id)
    if factor is None:
        raise NothingToConfirm
    if factor.confirmed_at is not None:
        factor_changes.check_may_lose_one(user)
    db.session.delete(factor)
    db.session.flush()
    return factor_changes.removed(user, session_id, Action.TOTP_REMOVED, "The authenticator app was removed.")


def accept(user_id: UUID, code: str) -> bool:
    """Whether this is the code of now; the same one is not accepted again."""
    factor = db.session.get(TotpFactor, user_id, with_for_update=True)
    return factor is not None and factor.confirmed_at is not None and _accept(factor, code)


def secret_of(factor: TotpFactor) -> str:
    return vault().open(factor.sealed_secret, PURPOSE)


def new_secret() -> str:
    return base64.b32encode(chance.token_bytes(SECRET_BYTES)).decode()


def _accept(factor: TotpFactor, code: str) -> bool:
    generator = pyotp.TOTP(secret_of(factor))
    this_step = int(clock.now().timestamp()) // STEP_SECONDS
    # A step that is still to come was accepted by a clock that has been put back since.
    last = factor.last_step if factor.last_step <= this_step + max(STEPS_AROUND) else 0
    for step in (this_step + offset for offset in STEPS_AROUND):
        fits = hmac.compare_digest(generator.generate_otp(step).encode(), code.encode())
        if fits and step > last:
            factor.last_step = step
            return True
    return False
