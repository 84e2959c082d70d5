"""The text that a wallet signs (Sign-In With Solana): built, read back, compared. Pure.

A wallet may show its own picture of the request, but what it signs must be this text to the byte:
whoever sees a text that differs in one character is being asked to sign something else.
"""

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from app.kit import chance

VERSION = "1"
CHAIN = "mainnet"
NONCE_LENGTH = 24

# No dot matches a line break: one line more anywhere and the whole text is refused.
FORM = re.compile(
    r"(?P<domain>[^ \n]+) wants you to sign in with your Solana account:\n"
    r"(?P<address>[1-9A-HJ-NP-Za-km-z]{32,44})\n\n"
    r"(?P<statement>[^\n]+)\n\n"
    r"URI: (?P<uri>[^\n]+)\n"
    r"Version: (?P<version>[^\n]+)\n"
    r"Chain ID: (?P<chain_id>[^\n]+)\n"
    r"Nonce: (?P<nonce>[A-Za-z0-9]{8,})\n"
    r"Issued At: (?P<issued_at>[^\n]+)\n"
    r"Expiration Time: (?P<expiration_time>[^\n]+)"
)
NAMES = {
    "domain": "the site's domain",
    "address": "the wallet's address",
    "statement": "the statement",
    "uri": "the address of the page",
    "version": "the version",
    "chain_id": "the chain",
    "nonce": "the one-time number",
    "issued_at": "the time of asking",
    "expiration_time": "the end of its time",
}


@dataclass(frozen=True, slots=True)
class SignInInput:
    """What we ask a wallet to sign. Everything but the address, which the wallet chooses."""

    domain: str
    statement: str
    uri: str
    version: str
    chain_id: str
    nonce: str
    issued_at: str
    expiration_time: str

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        return cls(**data)

    def to_data(self) -> dict[str, str]:
        return asdict(self)

    def to_wallet(self) -> dict[str, str]:
        """As `solana:signIn` takes it."""
        return {_camel(name): value for name, value in asdict(self).items()}


def new_input(*, domain: str, statement: str, uri: str, at: datetime, lifetime: timedelta) -> SignInInput:
    return SignInInput(
        domain=domain,
        statement=statement,
        uri=uri,
        version=VERSION,
        chain_id=CHAIN,
        nonce=chance.readable(NONCE_LENGTH),
        issued_at=_instant(at),
        expiration_time=_instant(at + lifetime),
    )


def build(asked: SignInInput, address: str) -> str:
    return (
        f"{asked.domain} wants you to sign in with your Solana account:\n"
        f"{address}\n\n"
        f"{asked.statement}\n\n"
        f"URI: {asked.uri}\n"
        f"Version: {asked.version}\n"
        f"Chain ID: {asked.chain_id}\n"
        f"Nonce: {asked.nonce}\n"
        f"Issued At: {asked.issued_at}\n"
        f"Expiration Time: {asked.expiration_time}"
    )


def difference(signed: bytes, asked: SignInInput, address: str) -> str | None:
    """In plain words, what the signed text says otherwise than it should; none when it is our text."""
    expected = build(asked, address)
    if signed == expected.encode():
        return None
    try:
        found = FORM.fullmatch(signed.decode())
    except UnicodeDecodeError:
        found = None
    if found is None:
        return "its form"
    wanted = {**asked.to_data(), "address": address}
    changed = [NAMES[name] for name, value in found.groupdict().items() if value != wanted[name]]
    return changed[0] if changed else "its form"


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
