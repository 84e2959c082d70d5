"""Work about an address that a stranger typed. It is sealed: most of these people we know nothing of."""

from app.accounts import addresses
from app.platform import limits, work
from app.platform.settings import vault

PURPOSE = "asked by mail"


def ask(kind: str, address: str) -> None:
    """The same for every address: whose it is, the background finds out."""
    email = addresses.normalise(address)
    limits.take("mail", f"{kind}:{email.lower()}")
    work.enqueue(kind, {"sealed_email": vault().seal(email, PURPOSE)})


def address_of(payload: work.Payload) -> str:
    return vault().open(payload["sealed_email"], PURPOSE)
