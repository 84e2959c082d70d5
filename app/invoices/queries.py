"""What is known about invoices, one function a question."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.extensions import db
from app.invoices.models import (
    SETTLED,
    Attempt,
    BillingDetails,
    Dispute,
    Invoice,
    InvoiceLine,
    Payment,
    Refund,
    SpendingLimit,
    State,
)
from app.platform.errors import NotFound

AT_ONCE = 30
STREAMED = 500

# What people tell apart in their history.
GROUPS = {
    "paid": (State.PAID, State.OVERPAID, State.PART_REFUNDED, State.DISPUTED),
    "waiting": (State.OPEN, State.PROCESSING, State.UNDERPAID),
    "refunded": (State.REFUNDED, State.PART_REFUNDED),
    "unpaid": (State.EXPIRED, State.CANCELLED),
}


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice with all that belongs to it, for its pages. Nobody is named who left."""

    invoice: Invoice
    lines: Sequence[InvoiceLine]
    attempts: Sequence[Attempt]
    payments: Sequence[Payment]
    refunds: Sequence[Refund]
    disputes: Sequence[Dispute]
    seller: Any
    payer: Any

    @property
    def label(self) -> str:
        return self.lines[0].label if self.lines else "Invoice"

    @property
    def products(self) -> list[str | None]:
        return [line.product for line in self.lines]

    @property
    def living(self) -> Attempt | None:
        """The newest try that may still bring money."""
        return next((one for one in self.attempts if one.ended_at is None), None)

    @property
    def failed(self) -> Attempt | None:
        """The last try, when it went wrong."""
        last = self.attempts[0] if self.attempts else None
        return last if last is not None and last.state == "failed" else None

    @property
    def fingerprint(self) -> str:
        """Another one as soon as there is something new to show."""
        invoice = self.invoice
        seen = (
            invoice.state,
            invoice.received,
            invoice.kept,
            invoice.returned,
            [(one.id, one.state, one.provider_id, sorted(one.data.items())) for one in self.attempts],
            [(one.id, one.state) for one in self.refunds],
            [(one.id, one.state) for one in self.disputes],
        )
        return sha256(repr(seen).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Listed:
    """An invoice in a list: what it is about in one line."""

    invoice: Invoice
    label: str | None
    seller: str | None
    handle: str | None


@dataclass(frozen=True, slots=True)
class Filter:
    group: str = ""
    kind: str = ""


def own(invoice_id: UUID, payer_id: UUID) -> Invoice:
    return _one(invoice_id, Invoice.user_id == payer_id)


def sold_by(invoice_id: UUID, seller_id: UUID) -> Invoice:
    """Sellers see what was paid, not what somebody thought of buying."""
    return _one(invoice_id, Invoice.seller_id == seller_id, Invoice.paid_at.is_not(None))


def any_of_all(invoice_id: UUID) -> Invoice:
    return _one(invoice_id)


def bill(invoice: Invoice) -> Bill:
    """Seven statements, however much it went through."""

    def of(model: Any, order: Any) -> Sequence[Any]:
        return db.session.scalars(select(model).where(model.invoice_id == invoice.id).order_by(order)).all()

    ids = [one for one in (invoice.user_id, invoice.seller_id) if one]
    people = {
        row.id: row
        for row in db.session.execute(
            select(User.id, User.handle, User.display_name).where(User.id.in_(ids), User.state != "deleted")
        )
    }
    return Bill(
        invoice=invoice,
        lines=of(InvoiceLine, InvoiceLine.n),
        attempts=of(Attempt, Attempt.id.desc()),
        payments=of(Payment, Payment.received_at),
        refunds=of(Refund, Refund.created_at),
        disputes=of(Dispute, Dispute.opened_at),
        seller=people.get(invoice.seller_id) if invoice.seller_id else None,
        payer=people.get(invoice.user_id),
    )


def of_payer(
    payer_id: UUID, chosen: Filter, before: UUID | None = None, *, at_most: int = AT_ONCE
) -> tuple[list[Listed], UUID | None]:
    """The newest first, and where it goes on; one statement."""
    conditions: list[Any] = [Invoice.user_id == payer_id]
    if chosen.group:
        conditions.append(Invoice.state.in_(GROUPS[chosen.group]))
    if chosen.kind:
        conditions.append(Invoice.kind == chosen.kind)
    if before:
        conditions.append(Invoice.id < before)
    found = listed().where(*conditions).order_by(Invoice.id.desc()).limit(at_most + 1)
    rows = [Listed(*row) for row in db.session.execute(found)]
    return rows[:at_most], rows[at_most - 1].invoice.id if len(rows) > at_most else None


def all_of_payer(payer_id: UUID, chosen: Filter) -> Iterator[Listed]:
    """A few at a time: somebody's history may be long."""
    before = None
    while True:
        found, before = of_payer(payer_id, chosen, before, at_most=STREAMED)
        yield from found
        if before is None:
            return


def kinds_of_payer(payer_id: UUID) -> list[str]:
    found = select(Invoice.kind).where(Invoice.user_id == payer_id).distinct().order_by(Invoice.kind)
    return list(db.session.scalars(found))


def owned(payer_id: UUID, before: UUID | None = None) -> tuple[list[Any], UUID | None]:
    """What somebody bought and still has: (line, invoice, seller's handle), the newest first."""
    newest = (
        select(Invoice.id)
        .where(
            Invoice.user_id == payer_id,
            Invoice.state.in_(SETTLED),
            Invoice.paid_at.is_not(None),
            *([Invoice.id < before] if before else []),
        )
        .order_by(Invoice.id.desc())
        .limit(AT_ONCE + 1)
    )
    ids = list(db.session.scalars(newest))
    lines = (
        select(InvoiceLine, Invoice, User.handle)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .outerjoin(User, and_(User.id == Invoice.seller_id, User.state != "deleted"))
        .where(
            Invoice.id.in_(ids[:AT_ONCE]),
            InvoiceLine.product.is_not(None),
            InvoiceLine.fulfilled_at.is_not(None),
            InvoiceLine.revoked_at.is_(None),
        )
        .order_by(Invoice.id.desc(), InvoiceLine.n)
    )
    return list(db.session.execute(lines)), ids[AT_ONCE - 1] if len(ids) > AT_ONCE else None


def spending_limit(user_id: UUID) -> SpendingLimit | None:
    return db.session.get(SpendingLimit, user_id)


def billing_details(user_id: UUID) -> BillingDetails | None:
    return db.session.get(BillingDetails, user_id)


def _one(invoice_id: UUID, *conditions: Any) -> Invoice:
    found = db.session.scalars(select(Invoice).where(Invoice.id == invoice_id, *conditions)).one_or_none()
    if found is None:
        raise NotFound
    return found


def listed() -> Select[Any]:
    """Invoices, what their first line says, and who sells."""
    seller = aliased(User)
    label = (
        select(func.min(InvoiceLine.label))
        .where(InvoiceLine.invoice_id == Invoice.id, InvoiceLine.n == 0)
        .correlate(Invoice)
        .scalar_subquery()
    )
    return select(Invoice, label, seller.display_name, seller.handle).outerjoin(
        seller, and_(seller.id == Invoice.seller_id, seller.state != "deleted")
    )
