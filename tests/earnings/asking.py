"""How tests of payouts ask for them, and what they look at."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import update

from app.earnings.models import Payout, PayoutAccount
from app.extensions import db
from app.kit import clock
from app.ledger import queries as ledger
from app.ledger import verifying
from app.ledger.chart import Kind
from app.ledger.entries import Account
from app.platform.models import Mail
from app.platform.transaction import transaction
from tests.earnings.conftest import WALLET
from tests.factories.people import Person, signed_in
from tests.page_client import Page, PageClient

HOME = "/dashboard/payouts"


def with_wallet(app: Flask, person: Person, address: str = WALLET) -> PageClient:
    """Named long enough ago that money goes there."""
    page = signed_in(app, person)
    seen = page.get(HOME)
    assert page.send(seen.form(f"{HOME}/wallet"), address=address).status == 200
    long_named(app)
    return page


def long_named(app: Flask) -> None:
    """Every place, so that none waits."""
    day = timedelta(hours=25)
    at = {"created_at": PayoutAccount.created_at - day, "changed_at": PayoutAccount.changed_at - day}
    with app.app_context(), transaction():
        db.session.execute(update(PayoutAccount).values(at))


def asked(page: PageClient, amount: str | None = None) -> Page:
    form = page.get(HOME).form(f"{HOME}/ask")
    return page.send(form.fill(amount=amount) if amount else form)


def on(app: Flask, kind: Kind, person: Person | None = None, currency: str = "USD") -> int:
    with app.app_context():
        return ledger.balance(Account(kind, currency, person.id if person else None)).posted


def payouts_of(app: Flask, person: Person) -> list[Payout]:
    with app.app_context():
        found = db.session.query(Payout).filter_by(creator_id=person.id).order_by(Payout.id)
        return list(found)


def mails(app: Flask, person: Person) -> list[str]:
    """About payouts."""
    with app.app_context():
        found = db.session.query(Mail.template).filter_by(user_id=person.id).order_by(Mail.id)
        return [row[0] for row in found if row[0].startswith("payout")]


def whole(app: Flask) -> bool:
    with app.app_context():
        assert verifying.verify().found == []
    return True


def a_bank(app: Flask, person: Person, state: str = "ready") -> None:
    with app.app_context(), transaction():
        at = clock.now() - timedelta(days=9)
        made = PayoutAccount(creator_id=person.id, rail="card", provider_id="acct_1", state=state)
        made.created_at = made.changed_at = at
        db.session.add(made)
