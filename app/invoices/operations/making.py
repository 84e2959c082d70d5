"""An invoice comes to be."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from app.extensions import db
from app.invoices import fees
from app.invoices.models import PAYABLE, Invoice, InvoiceLine, State
from app.invoices.operations import ending, limits, settling, terms
from app.invoices.operations.terms import Terms
from app.kit import clock
from app.kit.ids import new_id
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import Conflict

LIVES = timedelta(hours=24)
ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended(:key, 1))")


@dataclass(frozen=True, slots=True)
class Item:
    """A line to come. One without a product is a discount, and negative."""

    label: str
    amount: int
    product: str | None = None
    subject_id: UUID | None = None
    quantity: int = 1
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    buyer_id: UUID
    seller_id: UUID | None
    # What it counts as where fees, statements and reports tell kinds apart: "tip", "subscription".
    kind: str
    currency: str
    items: tuple[Item, ...]
    # Two clicks, two tabs: as long as one of this name can be paid, it is that one.
    unique_key: str | None = None
    lives: timedelta = LIVES
    return_to: str = ""

    @property
    def total(self) -> int:
        return sum(item.amount for item in self.items)


class UnderWay(Conflict):
    code = "payment_under_way"

    def __init__(self) -> None:
        super().__init__("A payment for this is under way already. Wait until it has ended.")


def make(order: Order) -> Invoice:
    """What costs nothing is paid at once. Its rows are written with whatever comes next."""
    if order.unique_key and (same := _already(order, order.unique_key)):
        return same
    found = terms.of(order.buyer_id, order.seller_id, order.kind, order.total)
    limits.keep_to(found.at_most, order.buyer_id, order.total, order.currency)
    invoice = _invoice(order, found)
    db.session.add(invoice)
    audit.record(
        Action.INVOICE_MADE,
        actor=order.buyer_id,
        subject=("invoice", invoice.id),
        kind=order.kind,
        total=order.total,
        currency=order.currency,
    )
    if not invoice.total:
        settling.settle(invoice)
    return invoice


def _already(order: Order, key: str) -> Invoice | None:
    """The same again is the same invoice; something else takes its place, unless money is on its way."""
    db.session.execute(ONE_AT_A_TIME, {"key": key})
    found = db.session.scalars(
        select(Invoice).where(Invoice.unique_key == key, Invoice.state.in_(PAYABLE)).with_for_update()
    ).one_or_none()
    if found is None:
        return None
    if ending.expire(found):
        db.session.flush()
        return None
    if _same(found, order):
        return found
    if found.state != State.OPEN:
        raise UnderWay
    ending.cancel(found)
    db.session.flush()
    return None


def _same(found: Invoice, order: Order) -> bool:
    """For the same person, the same money, and the same terms: what it is for its name says."""
    sums = (found.user_id, found.total, found.currency) == (order.buyer_id, order.total, order.currency)
    return sums and [one.data for one in found.lines] == [one.data for one in order.items]


def _invoice(order: Order, found: Terms) -> Invoice:
    at, due = clock.now(), found.due
    return Invoice(
        id=new_id(),
        user_id=order.buyer_id,
        seller_id=order.seller_id,
        kind=order.kind,
        state=State.OPEN,
        currency=order.currency,
        total=order.total,
        tax=due.amount,
        tax_bps=due.bps,
        tax_country=due.country,
        tax_evidence=due.evidence,
        fee=fees.fee(order.total - due.amount, found.fee_bps),
        fee_bps=found.fee_bps,
        received=0,
        kept=0,
        returned=0,
        unique_key=order.unique_key,
        return_to=order.return_to,
        created_at=at,
        expires_at=at + order.lives,
        lines=[_line(n, item) for n, item in enumerate(order.items)],
    )


def _line(n: int, item: Item) -> InvoiceLine:
    return InvoiceLine(
        id=new_id(),
        n=n,
        product=item.product,
        subject_id=item.subject_id,
        label=item.label,
        quantity=item.quantity,
        amount=item.amount,
        data=item.data,
    )
