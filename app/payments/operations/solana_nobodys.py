"""Coins of which nobody knew whose they are: an admin says what they pay, or whose they are, or that they go
back."""

from uuid import UUID

from app.extensions import db
from app.invoices.errors import NotOffered, OwnCase
from app.invoices.models import Invoice
from app.invoices.operations import receiving
from app.invoices.operations.locking import lock
from app.invoices.operations.receiving import Money
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.payments import queries_solana as queries
from app.payments.errors import NoSuchInvoice, OnItsWayBack
from app.payments.gateways.solana import wallets
from app.payments.models import Case
from app.payments.operations import cases
from app.payments.operations import solana_prices as prices
from app.payments.operations import solana_sends as sends
from app.payments.operations.solana_receiving import DEPOSIT
from app.payments.operations.solana_sends import RETURN, Wish
from app.payments.queries_solana import NOBODYS, UNNAMED
from app.payments.solana.values import RAIL
from app.platform import audit
from app.platform.audit import Action

# Who swapped coins and had them sent here has no say about the pool that they came from.
FROM_PROGRAM = (
    "It came from an account of a program, as those of pools and shared wallets are. Send it by hand to the"
    " wallet of whoever asks for it, and close the case."
)


def assign(case_id: UUID, invoice_id: UUID, admin_id: UUID, note: str) -> None:
    """It counts for this invoice, at today's price."""
    found = queries.entry_called(_undecided(case_id).external_id)
    if db.session.get(Invoice, invoice_id) is None:
        raise NoSuchInvoice
    invoice = lock(invoice_id)
    if admin_id in {invoice.user_id, invoice.seller_id}:
        raise OwnCase
    price = prices.current(found.currency, invoice.currency)
    value = prices.worth(found.amount, invoice.currency, found.currency, price.text) if price else 0
    if not value:
        raise NotOffered("Nobody says what it is worth at the moment. Try again in a while.")
    out_of = Account(Kind.UNKNOWN, found.currency)
    origin = {"wallet": found.source_id} if wallets.is_wallet(found.source_id or "") else {}
    money = Money(
        RAIL,
        found.external_id,
        value,
        found.amount,
        found.currency,
        into=out_of,
        at=found.at,
        origin=origin,
    )
    receiving.receive(invoice_id, money)
    cases.close(case_id, admin_id, note)


def claim(case_id: UUID, admin_id: UUID, note: str) -> None:
    """The house put it there itself: for what it pays, and for the network."""
    found = queries.entry_called(_undecided(case_id, UNNAMED).external_id)
    legs = (
        Leg(Account(Kind.UNKNOWN, found.currency), found.amount),
        Leg(Account(Kind.OWNER, found.currency), -found.amount),
    )
    cause, refs = f"chain-deposit:{found.external_id}", {"event": found.external_id}
    post(Entry(cause, DEPOSIT, legs, actor_id=admin_id, refs=refs, note=note, occurred_at=found.at))
    audit.record(
        Action.OWN_DEPOSIT,
        actor=admin_id,
        subject=("case", case_id),
        transfer=found.external_id,
        amount=found.amount,
        currency=found.currency,
    )
    cases.close(case_id, admin_id, note)


def send_back(case_id: UUID, admin_id: UUID, note: str) -> None:
    """All of it, to the wallet that it came from; the network's fee is the house's."""
    case = _undecided(case_id)
    found = queries.entry_called(case.external_id)
    if not found.source_id:
        raise NotOffered("Nobody knows the wallet that it came from.")
    if not wallets.is_wallet(found.source_id):
        raise NotOffered(FROM_PROGRAM)
    sends.ask_anew(Wish(case_id, RETURN, found.currency, found.amount, found.source_id))
    audit.record(
        Action.SENT_BACK,
        actor=admin_id,
        subject=("case", case_id),
        transfer=found.external_id,
        amount=found.amount,
        currency=found.currency,
    )
    cases.will_go_back(case, admin_id, note)


def _undecided(case_id: UUID, kinds: tuple[str, ...] = NOBODYS) -> Case:
    case = queries.nobodys(case_id, kinds, lock=True)
    if queries.goes_back(case_id):
        raise OnItsWayBack
    return case
