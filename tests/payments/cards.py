"""A house that takes cards: its processor runs beside it and tells it what happens."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask

from app.extensions import db
from app.invoices.models import Attempt, Payment, Refund
from app.invoices.operations import making
from app.invoices.operations.making import Item, Order
from app.platform import outbox, work
from app.platform.models import WorkItem
from app.platform.transaction import transaction
from tests.doubles.cards import GOOD, CardsDouble, Listener, Visit, cards_double
from tests.factories.people import Person
from tests.page_client import FilledForm, Page, PageClient
from tests.support import eventually


@dataclass
class Till:
    """The processor's double, and the house that hears of it."""

    app: Flask
    double: CardsDouble
    folder: Path

    def open_page(self, page: PageClient, invoice_id: UUID, **fields: str) -> str:
        """Choose to pay by another card; the address of the processor's page."""
        here = page.get(f"/invoices/{invoice_id}")
        on = page.send(another_card(here, invoice_id), follow=False, **fields)
        assert on.location.startswith(f"/invoices/{invoice_id}/go/"), on.text
        return page.get(on.location, follow=False).location

    def pay(self, page: PageClient, invoice_id: UUID, card: str = GOOD, **fields: str) -> Page:
        """All the way: to the processor's page, paid there, and back."""
        visit = self.double.pay(self.open_page(page, invoice_id, **fields), card)
        return self.come_back(page, visit)

    def come_back(self, page: PageClient, visit: Visit) -> Page:
        return page.get(urlsplit(visit.location).path)

    def settle(self) -> None:
        """All was told, and all work that is due was done."""
        eventually(lambda: not self.double.state()["waiting"])
        self.work_off()

    def work_off(self) -> None:
        with self.app.app_context():
            for _ in range(3):
                outbox.relay()
                work.drain()

    def forget_keys(self) -> None:
        """As the processor does after a day."""
        with closing(sqlite3.connect(self.folder / "cards.sqlite", timeout=10)) as kept, kept:
            kept.execute("delete from answers")

    def refund_states(self, invoice_id: UUID) -> list[str]:
        with self.app.app_context():
            found = db.session.query(Refund).filter_by(invoice_id=invoice_id).order_by(Refund.id)
            return [one.state for one in found]

    def refund_ids(self, invoice_id: UUID) -> list[UUID]:
        with self.app.app_context():
            return [one.id for one in db.session.query(Refund).filter_by(invoice_id=invoice_id)]

    def rewrite(self, key: str, **values: str | int) -> None:
        """An object of the processor's says something that the double never does."""
        with closing(sqlite3.connect(self.folder / "cards.sqlite", timeout=10)) as kept, kept:
            for name, value in values.items():
                kept.execute(
                    "update objects set body = json_set(body, ?, ?) where id = ?", (f"$.{name}", value, key)
                )

    def failed_work(self) -> list[str]:
        """What went wrong, also where it is tried again."""
        with self.app.app_context():
            found = db.session.query(WorkItem).filter(WorkItem.last_error.is_not(None))
            return [f"{one.kind}: {one.last_error}" for one in found]


def card_forms(here: Page, invoice_id: UUID) -> list[FilledForm]:
    """One for each card on file, and one for another card."""
    action = f"/invoices/{invoice_id}/pay/card"
    return [FilledForm(form) for form in here.soup.find_all("form") if form.get("action") == action]


def another_card(here: Page, invoice_id: UUID) -> FilledForm:
    return next(form for form in card_forms(here, invoice_id) if "choice" not in form.fields)


def kept_card(here: Page, invoice_id: UUID) -> FilledForm:
    return next(form for form in card_forms(here, invoice_id) if "choice" in form.fields)


@contextmanager
def a_till(app: Flask, folder: Path) -> Iterator[Till]:
    def hear(payload: bytes, signature: str) -> int:
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        return app.test_client().post("/webhooks/stripe", data=payload, headers=headers).status_code

    with cards_double(folder, Listener(hear)) as double:
        yield Till(app, double, folder)


@contextmanager
def taking_cards(app: Flask, double: CardsDouble) -> Iterator[None]:
    """The house has the double's keys for a while."""
    before = app.extensions["fanlight.settings"]
    app.extensions["fanlight.settings"] = before.model_copy(
        update={
            "stripe_secret_key": double.key,
            "stripe_webhook_secret": double.secret,
            "stripe_api_base": double.url,
            "stripe_page_base": double.url,
        }
    )
    try:
        yield
    finally:
        app.extensions["fanlight.settings"] = before


def a_plain_invoice(app: Flask, payer: Person, total: int) -> UUID:
    """For nothing that a shop of tests would have to hand over: for processes that know no such shop."""
    with app.app_context(), transaction():
        return making.make(Order(payer.id, None, "pass", "USD", (Item("A word of thanks", total),))).id


def attempts_of(app: Flask, invoice_id: UUID) -> list[Attempt]:
    with app.app_context():
        found = db.session.query(Attempt).filter_by(invoice_id=invoice_id).order_by(Attempt.id).all()
        for one in found:
            db.session.expunge(one)
        return found


def payments_of(app: Flask, invoice_id: UUID) -> list[Payment]:
    with app.app_context():
        found = db.session.query(Payment).filter_by(invoice_id=invoice_id).order_by(Payment.id).all()
        for one in found:
            db.session.expunge(one)
        return found
