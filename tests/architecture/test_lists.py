"""P5: a list of money asks the database the same for five rows and for fifty."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.accounts.models import User
from app.earnings.models import Adjustment, Payout, PayoutAccount
from app.extensions import db
from app.invoices.models import Dispute, FeeRule, Invoice, InvoiceLine, Payment
from app.invoices.operations.settling import NEXT_NUMBER
from app.kit import clock, crypto
from app.kit.ids import new_id
from app.payments.models import Case, PaymentMethod
from app.platform.settings import vault
from app.platform.transaction import transaction
from app.subscriptions.models import Gift, PromoCode, Subscription
from app.subscriptions.operations.gifts import PURPOSE
from tests.factories.business import Business, a_business
from tests.factories.creators import a_creator
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient
from tests.queries import counting

FAN = ("/transactions", "/purchases", "/gifts", "/subscriptions", "/settings/payment-methods")
SELLER = (
    "/dashboard/payouts", "/dashboard/promos", "/dashboard/subscribers", "/dashboard/earnings",
    "/dashboard/earnings/statements",
)  # fmt: skip
OFFICE = (
    "/admin/payments", "/admin/payments/cases", "/admin/payments/disputes", "/admin/payouts",
    "/admin/adjustments", "/admin/fees", "/admin/ledger",
)  # fmt: skip
MONEY = {"amount": 100, "currency": "USD"}


@pytest.fixture
def business(app: Flask) -> Business:
    return a_business(app, a_creator(app, "mira"), a_person(app, "finn"))


@pytest.fixture
def office(app: Flask) -> Person:
    return a_person(app, "mona", roles=("fan", "admin"))


def test_a_list_asks_the_same_however_long_it_is(app: Flask, business: Business, office: Person) -> None:
    people = [
        (signed_in(app, business.payer), FAN),
        (signed_in(app, business.seller), SELLER),
        (signed_in(app, office, second_factor=True), OFFICE),
    ]
    more(app, business, office, 5)
    few = {path: statements(app, page, path) for page, paths in people for path in paths}
    more(app, business, office, 45)
    many = {path: statements(app, page, path) for page, paths in people for path in paths}
    assert many == few
    assert max(many.values()) <= 9, many


def statements(app: Flask, page: PageClient, path: str) -> int:
    """Once it is known who looks."""
    page.get(path)
    with counting(app) as sent:
        assert page.get(path).status == 200, path
    return len(sent)


def more(app: Flask, business: Business, office: Person, times: int) -> None:
    """So many of each, straight into the tables; later ones point at earlier ones."""
    with app.app_context(), transaction():
        account = db.session.scalars(db.select(PayoutAccount.id)).one()
        payment = db.session.scalars(db.select(Payment.id).limit(1)).one()
        for _ in range(times):
            for row in [*of_invoices(business, payment), *of_the_house(business, office, account)]:
                db.session.add(row)
                db.session.flush()
            for row in of_subscribers(business):
                db.session.add(row)
                db.session.flush()


def of_invoices(business: Business, payment: UUID) -> list[Any]:
    at, invoice = clock.now(), new_id()
    number = db.session.execute(NEXT_NUMBER).scalar_one()
    return [
        Invoice(
            id=invoice, number=number, user_id=business.payer.id, seller_id=business.seller.id, kind="post",
            state="paid", currency="USD", total=100, received=100, kept=100, paid_at=at,
        ),
        InvoiceLine(
            invoice_id=invoice, n=0, product="test", subject_id=new_id(), label="A thing", amount=100,
            fulfilled_at=at,
        ),
        Dispute(
            invoice_id=invoice, payment_id=payment, rail="card", provider_id=str(invoice),
            reason="fraudulent", **MONEY,
        ),
        Case(rail="card", kind="no_entry", external_id=str(invoice), detail=MONEY),
    ]  # fmt: skip


def of_the_house(business: Business, office: Person, account: UUID) -> list[Any]:
    page, name = {"creator_id": business.seller.id}, new_id().hex
    return [
        Payout(
            account_id=account, rail="solana", rail_amount=1, rail_currency="USDC", state="paid",
            ended_at=clock.now(), **MONEY, **page,
        ),
        Adjustment(
            owner_id=business.seller.id, account="creator_available", reason="A test", proposed_by=office.id,
            **MONEY,
        ),
        FeeRule(seller_id=business.seller.id, bps=500),
        PaymentMethod(
            user_id=business.payer.id, rail="card", provider_id=name, brand="visa", last4="4242",
            exp_month=1, exp_year=2099,
        ),
        PromoCode(code=name[-20:], percent=20, **page),
        Gift(
            buyer_id=business.payer.id, tier_id=business.names["tier_id"][0], months=1, state="ready",
            code_digest=crypto.digest(name), sealed_code=vault().seal(name, PURPOSE), **page,
        ),
    ]  # fmt: skip


def of_subscribers(business: Business) -> list[Any]:
    """Somebody who subscribes to the seller, and to whom the payer does."""
    somebody, at = User(id=new_id(), handle=f"f{new_id().hex[-20:]}", display_name="Fay"), clock.now()
    terms = {
        "tier_id": business.names["tier_id"][0], "state": "active", "price": 500, "currency": "USD",
        "anchor": at, "period": 1, "period_start": at, "started_at": at,
        "period_end": at + timedelta(days=30),
    }  # fmt: skip
    return [
        somebody,
        Subscription(user_id=somebody.id, creator_id=business.seller.id, **terms),
        Subscription(user_id=business.payer.id, creator_id=somebody.id, **terms),
    ]
