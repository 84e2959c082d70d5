"""Passkeys: added, renamed, removed. Proving with them: passkey_proofs."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from webauthn import base64url_to_bytes, generate_registration_options
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.accounts import queries, queries_factors, relying_party
from app.accounts.errors import ChallengeGone
from app.accounts.errors_factors import PasskeyRefused, TooManyFactors
from app.accounts.models import Passkey
from app.accounts.operations import challenges, factor_changes, sessions
from app.extensions import db
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import NotFound
from app.platform.settings import settings

LIFETIME = timedelta(minutes=5)
AT_MOST = 20


class Purpose(StrEnum):
    """An answer that was asked for one thing is good for nothing else."""

    ADD = "passkey_add"
    SIGN_IN = "passkey_sign_in"
    CODE = "passkey_code"
    CONFIRM = "passkey_confirm"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the browser hands to the authenticator, and the secret by which its answer is known again."""

    options: dict[str, Any]
    secret: str


def ask_new(user_id: UUID) -> Asked:
    user = queries.lock_user(user_id)
    known = queries_factors.passkeys(user_id)
    if len(known) >= AT_MOST:
        raise TooManyFactors("passkeys", AT_MOST)
    secret = challenges.issue(Purpose.ADD, user_id=user_id, lifetime=LIFETIME)
    options = generate_registration_options(
        rp_id=relying_party.rp_id(),
        rp_name=settings().site_name,
        user_id=user_id.bytes,
        user_name=user.handle,
        user_display_name=user.display_name,
        challenge=base64url_to_bytes(secret),
        timeout=int(LIFETIME.total_seconds() * 1000),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[descriptor(passkey) for passkey in known],
    )
    return Asked(options_to_json_dict(options), secret)


def add(user_id: UUID, session_id: UUID, secret: str, answer: dict[str, Any], name: str) -> str:
    """The session's fresh token."""
    user = queries.lock_user(user_id)
    challenge = challenges.take(Purpose.ADD, secret)
    if challenge.user_id != user_id:
        raise ChallengeGone
    checked = relying_party.check_registration(answer, secret)
    if queries_factors.passkey_by_credential(checked.credential_id) is not None:
        raise PasskeyRefused("This passkey is in use already. Choose another one.")
    db.session.add(
        Passkey(
            user_id=user_id,
            credential_id=checked.credential_id,
            public_key=checked.credential_public_key,
            sign_count=checked.sign_count,
            transports=_transports(answer),
            name=name,
        )
    )
    audit.record(Action.PASSKEY_ADDED, actor=user_id, subject=("user", user_id), personal={"name": name})
    factor_changes.tell(user, "passkey_added", name)
    return sessions.confirm(session_id, second_factor=True)


def rename(user_id: UUID, passkey_id: UUID, name: str) -> None:
    passkey = _own(user_id, passkey_id)
    passkey.name = name
    audit.record(
        Action.PASSKEY_RENAMED, actor=user_id, subject=("passkey", passkey_id), personal={"name": name}
    )


def remove(user_id: UUID, session_id: UUID, passkey_id: UUID) -> str:
    """The session's fresh token. Neither the last way in nor the last factor of staff goes."""
    user = queries.lock_user(user_id)
    passkey = _own(user_id, passkey_id)
    factor_changes.check_not_last_way_in(user, "passkey", "a password, another passkey or a wallet")
    factor_changes.check_may_lose_one(user)
    db.session.delete(passkey)
    db.session.flush()
    return factor_changes.removed(
        user, session_id, Action.PASSKEY_REMOVED, f"The passkey {passkey.name} was removed."
    )


def descriptor(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(
        id=passkey.credential_id,
        transports=[AuthenticatorTransport(transport) for transport in passkey.transports],
    )


def _own(user_id: UUID, passkey_id: UUID) -> Passkey:
    passkey = db.session.get(Passkey, passkey_id, with_for_update=True)
    if passkey is None or passkey.user_id != user_id:
        raise NotFound
    return passkey


def _transports(answer: dict[str, Any]) -> list[str]:
    """Hints for the next time; unknown ones are left out."""
    given = answer["response"].get("transports")
    if not isinstance(given, list):
        return []
    return [transport.value for transport in AuthenticatorTransport if transport.value in given]
