"""Connected accounts: whom we pay, what Stripe still wants to know of them, and transfers to them."""

from dataclasses import dataclass
from uuid import UUID

import stripe

from app.payments.gateways.stripe.client import asking, key
from app.payments.gateways.stripe.objects import said

MANY = 100


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    # Transfers arrive, and go on to its owner's bank.
    ready: bool
    # Fields of Stripe's that are still wanted, and why it is closed, where it is.
    wants: list[str]
    refused: str | None


@dataclass(frozen=True, slots=True)
class Transfer:
    id: str
    amount: int
    reversed: int


def make(account_id: UUID, email: str, country: str) -> Account:
    """`account_id` is the row that causes it. Stripe's own pages ask its owner for the rest."""
    with asking(harmless=True) as client:
        made = client.v1.accounts.create(
            {
                "type": "express",
                "country": country,
                "email": email,
                "capabilities": {"transfers": {"requested": True}},
                "metadata": {"payout_account_id": str(account_id)},
            },
            key("account", account_id),
        )
    return _account(made)


def onboarding(account: str, *, back_to: str, again_at: str) -> str:
    """An address for one visit within minutes; `again_at` makes another one."""
    with asking(harmless=True) as client:
        link = client.v1.account_links.create(
            {
                "account": account,
                "type": "account_onboarding",
                "return_url": back_to,
                "refresh_url": again_at,
            }
        )
    return link.url


def dashboard(account: str) -> str:
    """Stripe's own page for its owner; an address for one visit."""
    with asking(harmless=True) as client:
        return client.v1.accounts.login_links.create(account).url


def look(account: str) -> Account:
    with asking(harmless=True) as client:
        return _account(client.v1.accounts.retrieve(account))


def transfer(reference_id: UUID, account: str, amount: int, currency: str) -> Transfer:
    with asking() as client:
        made = client.v1.transfers.create(
            {
                "amount": amount,
                "currency": currency.lower(),
                "destination": account,
                "transfer_group": _group(reference_id),
                "metadata": {"payout_id": str(reference_id)},
            },
            key("payout", reference_id),
        )
    return _transfer(made)


def find_transfer(reference_id: UUID) -> Transfer | None:
    with asking() as client:
        found = client.v1.transfers.list({"transfer_group": _group(reference_id), "limit": MANY}).data
    return _transfer(found[0]) if found else None


def take_back(reference_id: UUID, transfer_id: str) -> None:
    """All of it, where the account still has it."""
    with asking() as client:
        client.v1.transfers.reversals.create(transfer_id, {}, key("payout-reversal", reference_id))


def _group(reference_id: UUID) -> str:
    return f"payout:{reference_id}"


def _account(found: stripe.Account) -> Account:
    wanted, capabilities = said(found, "requirements"), said(found, "capabilities")
    # Where none is told of, a transfer itself finds out.
    able = capabilities is None or said(capabilities, "transfers") == "active"
    return Account(
        id=found.id,
        ready=able and bool(said(found, "payouts_enabled")),
        wants=list(said(wanted, "currently_due") or []),
        refused=said(wanted, "disabled_reason"),
    )


def _transfer(found: stripe.Transfer) -> Transfer:
    return Transfer(found.id, found.amount, said(found, "amount_reversed") or 0)
