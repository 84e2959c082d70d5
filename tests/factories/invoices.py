"""Invoices and money for them: sold by a small shop of tests, paid over a rail of tests.

    invoice_id = an_invoice(app, fan, creator, total=500)
    paid(app, invoice_id)                                   # all that is missing came in
    money_in(app, invoice_id, 200)                          # or just so much of it
    give_credit(app, fan, 1_000)                            # credit that the house gave

What is sold opens its subject to the buyer, like a post. The rail of tests sends refunds back at once;
those with the note "lost" it cannot deliver.
"""

import itertools
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import Flask

from app.entitlements.operations import grants
from app.entitlements.rules import Kind as Opens
from app.extensions import db
from app.invoices import products, rails
from app.invoices.models import Invoice, Payment, Refund
from app.invoices.operations import attempts, disputing, ending, making, receiving, refunding
from app.invoices.operations.attempts import Quote
from app.invoices.operations.disputing import Complaint
from app.invoices.operations.locking import lock
from app.invoices.operations.making import Item, Order
from app.invoices.operations.receiving import Money
from app.invoices.products import Product, Sold
from app.invoices.rails import Rail
from app.kit import clock
from app.kit.ids import new_id
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.platform import work
from app.platform.transaction import transaction
from tests.factories.people import Person

RAIL, PRODUCT, REFUND_WORK, CANCEL_WORK = "test", "test", "test.refund", "test.cancel"
LOST = "lost"
_numbers = itertools.count(1)


@dataclass
class Shop:
    """What cannot be had any more, what was let go, and the attempts that were called off."""

    gone: set[UUID] = field(default_factory=set)
    let_go: list[UUID] = field(default_factory=list)
    called_off: list[UUID] = field(default_factory=list)
    # What goes wrong when it is let go.
    broken: set[UUID] = field(default_factory=set)


_shop = Shop()


def shop(app: Flask) -> Shop:
    """With empty shelves: the product and the rail of tests are known to the app from now on."""
    _shop.gone.clear()
    _shop.let_go.clear()
    _shop.called_off.clear()
    _shop.broken.clear()
    _stock(app)
    return _shop


def an_invoice(
    app: Flask,
    payer: Person,
    seller: Person | None = None,
    total: int = 500,
    *,
    subject_id: UUID | None = None,
    label: str = "A thing",
    **order: Any,
) -> UUID:
    """One line of the shop's; `order` are further values of `Order`."""
    _stock(app)
    item = Item(label, total, PRODUCT, subject_id or new_id())
    values = {"kind": "post", "currency": "USD", "items": (item,), **order}
    with app.app_context(), transaction():
        seller_id = seller.id if seller else None
        return making.make(Order(buyer_id=payer.id, seller_id=seller_id, **values)).id


def money_in(app: Flask, invoice_id: UUID, amount: int, *, external_id: str = "", **money: Any) -> str:
    """Its name on the rail. The same name again is the same money."""
    _stock(app)
    name = external_id or f"test-{next(_numbers)}"
    with app.app_context(), transaction():
        currency = db.session.get_one(Invoice, invoice_id).currency
        values = {
            "rail": RAIL, "external_id": name, "amount": amount, "rail_amount": amount,
            "rail_currency": currency, "at": clock.now(), **money,
        }  # fmt: skip
        values.setdefault("into", Account(Kind.CARD_CLEARING, values["rail_currency"]))
        receiving.receive(invoice_id, Money(**values))
    return name


def tried(app: Flask, invoice_id: UUID, amount: int | None = None, *, asked: bool = True) -> UUID:
    """An attempt over the rail of tests that waits for its payer."""
    _stock(app)
    with app.app_context(), transaction():
        invoice = attempts.payable(invoice_id)
        wanted = invoice.missing if amount is None else amount
        attempt = attempts.begin(invoice, Quote(RAIL, wanted, invoice.currency, amount=amount))
        attempt_id = attempt.id
        if asked:
            attempts.asked(attempt_id, f"try-{next(_numbers)}")
    return attempt_id


def paid(app: Flask, invoice_id: UUID, **money: Any) -> UUID:
    """All that is missing came in; an invoice of nothing is paid already."""
    missing = the_invoice(app, invoice_id).missing
    if missing:
        money_in(app, invoice_id, missing, **money)
    return invoice_id


def too_late(app: Flask, invoice_id: UUID) -> UUID:
    """Its time is over; money may still come."""
    with app.app_context(), transaction():
        invoice = lock(invoice_id)
        invoice.expires_at = clock.now()
        assert ending.expire(invoice)
    return invoice_id


def bought(app: Flask, payer: Person, seller: Person | None = None, total: int = 500, **values: Any) -> UUID:
    return paid(app, an_invoice(app, payer, seller, total, **values))


def refund(app: Flask, invoice_id: UUID, amount: int, *, deliver: bool = True, **wish: Any) -> None:
    """And the rail brings it back, unless it is told to wait."""
    with app.app_context():
        with transaction():
            values = {"reason": "asked", "asked_by": None, **wish}
            refunding.refund(invoice_id, refunding.Wish(amount, **values))
        if deliver:
            work.drain()


def dispute(app: Flask, invoice_id: UUID, amount: int | None = None, *, of: str = "") -> UUID:
    """The bank takes a payment back: the last one, all of it, unless told otherwise."""
    with app.app_context(), transaction():
        found = db.session.query(Payment).filter_by(invoice_id=invoice_id)
        payment = (found.filter_by(external_id=of) if of else found).order_by(Payment.id.desc()).first()
        assert payment is not None
        complaint = Complaint(
            rail=payment.rail,
            provider_id=f"dispute-{next(_numbers)}",
            amount=payment.amount if amount is None else amount,
            reason="fraudulent",
            answer_by=None,
            opened_at=clock.now(),
        )
        disputing.opened(payment.id, complaint, Account(Kind.CARD_CLEARING, payment.currency))
        opened = disputing.find(payment.rail, complaint.provider_id)
        assert opened is not None
        return opened.id


def give_credit(app: Flask, person: Person, amount: int, currency: str = "USD") -> None:
    with app.app_context(), transaction():
        legs = (
            Leg(Account(Kind.ADJUSTMENT, currency), amount),
            Leg(Account(Kind.FAN_CREDIT, currency, person.id), -amount),
        )
        post(Entry(f"test-credit:{new_id()}", "adjustment", legs))


def the_invoice(app: Flask, invoice_id: UUID) -> Invoice:
    """As it stands now, to be read only."""
    with app.app_context():
        found = db.session.get_one(Invoice, invoice_id, populate_existing=True)
        db.session.expunge(found)
        return found


def _stock(app: Flask) -> None:
    products.register(
        app,
        Product(
            PRODUCT,
            "Test thing",
            fulfil=_fulfil,
            revoke=lambda sold: grants.revoke(sold.buyer_id, cause=sold.cause),
            gone=lambda sold: "It is gone." if sold.subject_id in _shop.gone else None,
            href=lambda sold: f"/posts/{sold.subject_id}",
            let_go=_let_go,
        ),
    )
    rails.register(
        app,
        Rail(
            RAIL,
            "Test rail",
            90,
            offers=lambda _: [],
            refund_work=REFUND_WORK,
            cancel_work=CANCEL_WORK,
        ),
    )


def _fulfil(sold: Sold) -> None:
    assert sold.subject_id is not None
    grants.grant(sold.buyer_id, sold.subject_id, Opens.PURCHASE, cause=sold.cause)


def _let_go(sold: Sold) -> None:
    if sold.subject_id in _shop.broken:
        raise RuntimeError("the shelf broke")
    _shop.let_go.append(sold.line_id)


@work.handler(REFUND_WORK)
def _send_back(payload: dict[str, Any]) -> None:
    found = db.session.get_one(Refund, UUID(payload["refund_id"]))
    if found.note == LOST:
        refunding.could_not_go_back(found.id, "The account is closed.")
    else:
        refunding.went_back(found.id, Account(Kind.CARD_CLEARING, found.rail_currency))


@work.handler(CANCEL_WORK)
def _call_off(payload: dict[str, Any]) -> None:
    _shop.called_off.append(UUID(payload["attempt_id"]))
