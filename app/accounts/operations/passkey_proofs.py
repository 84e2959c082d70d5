"""Proving who one is with a passkey: to come in, as the second factor, or once more.

A passkey here has always verified its user (finger, face, PIN), so it counts as two factors.
"""

from typing import Any
from uuid import UUID

from webauthn import base64url_to_bytes, generate_authentication_options
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.structs import UserVerificationRequirement

from app.accounts import queries, queries_factors, relying_party
from app.accounts.errors import ChallengeGone
from app.accounts.errors_factors import PasskeyUnknown
from app.accounts.models import Passkey
from app.accounts.operations import challenges, failed_sign_ins, passkeys, sessions, sign_in
from app.accounts.operations.passkeys import LIFETIME, Asked, Purpose
from app.accounts.operations.sessions import Started
from app.extensions import db
from app.kit import clock
from app.platform.errors import Refused
from app.platform.web import Client


def ask(purpose: Purpose, owner: UUID | None = None) -> Asked:
    """For somebody we know, one of their passkeys; for a stranger, whichever of ours the device holds."""
    secret = challenges.issue(purpose, user_id=owner, lifetime=LIFETIME)
    known = queries_factors.passkeys(owner) if owner else []
    options = generate_authentication_options(
        rp_id=relying_party.rp_id(),
        challenge=base64url_to_bytes(secret),
        timeout=int(LIFETIME.total_seconds() * 1000),
        allow_credentials=[passkeys.descriptor(passkey) for passkey in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Asked(options_to_json_dict(options), secret)


def prove(purpose: Purpose, secret: str, answer: dict[str, Any], *, owner: UUID | None = None) -> Passkey:
    """The passkey that answered; with `owner`, one of theirs."""
    challenge = challenges.take(purpose, secret)
    if challenge.user_id != owner:
        raise ChallengeGone
    passkey = _hold(relying_party.credential_id_of(answer))
    if owner and passkey.user_id != owner:
        raise PasskeyUnknown
    checked = relying_party.check_proof(
        answer, secret, public_key=passkey.public_key, sign_count=passkey.sign_count
    )
    passkey.sign_count = checked.new_sign_count
    passkey.last_used_at = clock.now()
    return passkey


def come_in(secret: str, answer: dict[str, Any], *, remember: bool, client: Client) -> Started:
    try:
        passkey = prove(Purpose.SIGN_IN, secret, answer)
        # Without an account typed, the authenticator itself must say whose passkey it is.
        if relying_party.user_handle_of(answer) != passkey.user_id.bytes:
            raise PasskeyUnknown
    except Refused:
        failed_sign_ins.record(None, client, "passkey")
        raise
    return sign_in.complete(
        passkey.user_id, method="passkey", second_factor=True, remember=remember, client=client
    )


def confirm(user_id: UUID, session_id: UUID, secret: str, answer: dict[str, Any]) -> str:
    """The session's fresh token."""
    prove(Purpose.CONFIRM, secret, answer, owner=user_id)
    return sessions.confirm(session_id, second_factor=True)


def _hold(credential_id: bytes) -> Passkey:
    """The person's row first, as wherever their factors change, so that nobody waits for each other."""
    known = queries_factors.passkey_by_credential(credential_id)
    if known is None:
        raise PasskeyUnknown
    queries.lock_user(known.user_id)
    held = db.session.get(Passkey, known.id, with_for_update=True)
    if held is None:
        raise PasskeyUnknown
    return held
