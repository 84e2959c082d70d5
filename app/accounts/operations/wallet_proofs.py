"""Asking a wallet to sign, and checking what it signed."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from solders.pubkey import Pubkey
from solders.signature import Signature

from app.accounts import wallet_message
from app.accounts.errors import ChallengeGone
from app.accounts.errors_factors import WalletRefused
from app.accounts.models import Challenge
from app.accounts.operations import challenges
from app.accounts.wallet_message import SignInInput
from app.kit import clock
from app.platform.settings import settings

LIFETIME = timedelta(minutes=5)


class Purpose(StrEnum):
    """A text signed for one thing is good for nothing else: the statement says what it is for."""

    SIGN_IN = "wallet_sign_in"
    LINK = "wallet_link"
    CONFIRM = "wallet_confirm"


STATEMENTS = {
    Purpose.SIGN_IN: "Sign in to {site}. This moves no money and costs nothing.",
    Purpose.LINK: "Add this wallet to your account at {site}. This moves no money and costs nothing.",
    Purpose.CONFIRM: "Confirm at {site} that it is you. This moves no money and costs nothing.",
}
PATHS = {
    Purpose.SIGN_IN: "/login/wallet",
    Purpose.LINK: "/settings/wallets",
    Purpose.CONFIRM: "/login/confirm",
}


@dataclass(frozen=True, slots=True)
class Asked:
    input: SignInInput
    secret: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What the wallet gave back: the very bytes, as they were signed."""

    address: str
    signed: bytes
    signature: bytes


def ask(purpose: Purpose, owner: UUID | None = None) -> Asked:
    asked = wallet_message.new_input(
        domain=urlsplit(settings().base_url).netloc,
        statement=STATEMENTS[purpose].format(site=settings().site_name),
        uri=settings().base_url + PATHS[purpose],
        at=clock.now(),
        lifetime=LIFETIME,
    )
    secret = challenges.issue(purpose, user_id=owner, data=asked.to_data(), lifetime=LIFETIME)
    return Asked(asked, secret)


def prove(purpose: Purpose, secret: str, proof: Proof, owner: UUID | None = None) -> str:
    """The address whose key signed exactly what we asked for. Each asking is good for one answer."""
    asked = SignInInput.from_data(_take(purpose, secret, owner).data)
    _check_signature(proof)
    if changed := wallet_message.difference(proof.signed, asked, proof.address):
        raise WalletRefused(
            f"The signed text is not the one that this page asked for: {changed} differs. "
            "Nothing was changed. Start again, and be wary of this wallet if it happens twice."
        )
    return proof.address


def _take(purpose: Purpose, secret: str, owner: UUID | None) -> Challenge:
    try:
        challenge = challenges.take(purpose, secret)
    except ChallengeGone:
        raise _too_late() from None
    if challenge.user_id != owner:
        raise _too_late()
    return challenge


def _too_late() -> WalletRefused:
    return WalletRefused("This request has grown too old, or was answered already. Start again.")


def _check_signature(proof: Proof) -> None:
    try:
        key = Pubkey.from_string(proof.address)
        valid = Signature.from_bytes(proof.signature).verify(key, proof.signed)
    except ValueError:
        valid = False
    if not valid:
        raise WalletRefused("The signature does not belong to this wallet and text. Start again.")
