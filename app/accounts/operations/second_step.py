"""The second proof, and with it the session."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.accounts import queries, queries_factors
from app.accounts.errors_factors import FirstProofVoid, WrongCode
from app.accounts.models import Challenge
from app.accounts.operations import (
    challenges,
    failed_sign_ins,
    passkey_proofs,
    recovery_codes,
    sessions,
    sign_in,
    totp,
)
from app.accounts.operations.passkeys import Purpose
from app.accounts.operations.second_factor import KIND, Pending, pending
from app.platform import limits
from app.platform.errors import Refused
from app.platform.web import Client

FAILURES_AT_MOST = 5
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Arrival:
    token: str
    remember: bool
    next: str


def with_code(secret: str, code: str, client: Client) -> Arrival:
    """A code of the app or a recovery code."""
    person = pending(secret)
    limits.check_sign_in(_limit_key(person.user_id), client.address)
    # The person's row first, as where their sessions end, and first proofs with them.
    queries.lock_user(person.user_id)
    challenge = challenges.take(KIND, secret)
    if not _accept(person.user_id, code):
        raise _failed(challenge, person, client) or WrongCode()
    limits.clear_sign_in(_limit_key(person.user_id), client.address)
    return _arrive(person, client)


def confirm(user_id: UUID, session_id: UUID, password: str, code: str, client: Client) -> str:
    """The fresh token of a session whose person proved anew who they are, by all that they set up."""
    sign_in.prove_password(user_id, password, client, field="password")
    has_factor = bool(queries_factors.factors(user_id).count)
    if has_factor:
        _prove_code(user_id, code, client)
    return sessions.confirm(session_id, second_factor=has_factor)


def with_passkey(secret: str, asked: str, answer: dict[str, Any], client: Client) -> Arrival:
    person = pending(secret)
    queries.lock_user(person.user_id)
    challenge = challenges.take(KIND, secret)
    try:
        passkey_proofs.prove(Purpose.CODE, asked, answer, owner=person.user_id)
    except Refused as refused:
        raise _failed(challenge, person, client) or refused from None
    return _arrive(person, client)


def _prove_code(user_id: UUID, code: str, client: Client) -> None:
    limits.check_sign_in(_limit_key(user_id), client.address)
    queries.lock_user(user_id)
    if not _accept(user_id, code):
        limits.failed_sign_in(_limit_key(user_id), client.address)
        failed_sign_ins.record(user_id, client, "second_factor")
        raise WrongCode
    limits.clear_sign_in(_limit_key(user_id), client.address)


def _accept(user_id: UUID, code: str) -> bool:
    if len(code) == DIGITS and code.isdigit():
        return totp.accept(user_id, code)
    return recovery_codes.use(user_id, code)


def _failed(challenge: Challenge, person: Pending, client: Client) -> FirstProofVoid | None:
    """Counts it. After five, the first proof is void too."""
    failures = int(challenge.data["failures"]) + 1
    challenge.data = {**challenge.data, "failures": failures}
    limits.failed_sign_in(_limit_key(person.user_id), client.address)
    failed_sign_ins.record(person.user_id, client, "second_factor")
    if failures >= FAILURES_AT_MOST:
        return FirstProofVoid()
    challenge.used_at = None
    return None


def _arrive(person: Pending, client: Client) -> Arrival:
    started = sign_in.complete(
        person.user_id, method=person.method, second_factor=True, remember=person.remember, client=client
    )
    return Arrival(started.token, person.remember, person.next)


def _limit_key(user_id: UUID) -> str:
    """Counted apart from passwords: a slip of the thumb there does not take from the tries here."""
    return f"second factor of {user_id}"
