"""A creator who sells and a fan who buys: money in every state, and what addresses of its pages may name."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask

from app.earnings.models import Adjustment, Payout, PayoutAccount, PayoutPlan, TaxProfile
from app.earnings.operations.tax_profiles import PURPOSE as TAX
from app.extensions import db
from app.invoices.jobs import expire
from app.invoices.models import BillingDetails, SpendingLimit
from app.invoices.operations import attempts, ending
from app.ledger.models import LedgerAccount, LedgerLeg
from app.payments.models import Case, RailSwitch
from app.platform.settings import vault
from app.platform.transaction import transaction
from app.subscriptions.models import Bundle, Gift, PromoCode, PromoUse
from app.subscriptions.operations import gifts
from app.subscriptions.operations.gifts import GiftWish
from app.tips import queries as tips
from app.tips.operations import giving
from tests.factories.creators import a_tier
from tests.factories.invoices import (
    an_invoice,
    bought,
    dispute,
    give_credit,
    money_in,
    paid,
    refund,
    tried,
)
from tests.factories.people import Person, a_person
from tests.factories.subscriptions import a_card, subscribed

Names = dict[str, list[Any]]


@dataclass(frozen=True)
class Business:
    seller: Person
    payer: Person
    # By the variables of the routes.
    names: Names


def a_business(app: Flask, seller: Person, payer: Person) -> Business:
    tiers = [a_tier(app, seller, "Bronze"), a_tier(app, seller, "Platinum", price=900)]
    names: Names = {
        "tier_id": tiers,
        "subscription_id": [subscribed(app, payer, seller, tiers[0])],
        **_invoices(app, seller, payer),
        **_given(app, seller, payer, tiers[0]),
        **_written(app, seller, payer, tiers[1]),
        "method_id": [a_card(app, payer)],
    }
    return Business(seller, payer, names | _booked(app, seller))


def _invoices(app: Flask, seller: Person, payer: Person) -> Names:
    """One in each state; the first has the most to do with."""
    open_, on_its_way, part, given_up = (an_invoice(app, payer, seller) for _ in range(4))
    late = an_invoice(app, payer, seller, lives=timedelta(0))
    settled = [bought(app, payer, seller) for _ in range(5)]
    tries = [tried(app, open_), tried(app, on_its_way)]
    money_in(app, part, 200)
    money_in(app, settled[0], 300)
    refund(app, settled[1], 200)
    refund(app, settled[2], 500)
    disputed = dispute(app, settled[3])
    with app.app_context():
        with transaction():
            attempts.on_its_way(tries[1])
            ending.give_up(given_up, payer.id)
        expire()
    every = [*settled, open_, on_its_way, part, given_up, late]
    return {"invoice_id": every, "attempt_id": tries, "dispute_id": [disputed]}


def _given(app: Flask, seller: Person, payer: Person, tier_id: UUID) -> Names:
    """A gift that was paid for, one that was not, and a tip by credit."""
    give_credit(app, payer, 300)
    with app.app_context():
        with transaction():
            wishes = [GiftWish(tier_id, 1, note="For you"), GiftWish(tier_id, 3)]
            invoices = [gifts.buy(payer.id, seller.id, wish).id for wish in wishes]
            tip, _ = giving.give(payer.id, tips.on_creator(seller.handle, payer.id), giving.Wish(300, "Ah"))
            tip_id = tip.id
        paid(app, invoices[0])
        bought_ = db.session.scalars(db.select(Gift).where(Gift.buyer_id == payer.id).order_by(Gift.id)).all()
        codes = [gifts.code_of(one) for one in bought_]
        return {"gift_id": [one.id for one in bought_], "code": codes, "tip_id": [tip_id]}


def _written(app: Flask, seller: Person, payer: Person, tier_id: UUID) -> Names:
    """What is simply there, straight into the tables."""
    page, office = {"creator_id": seller.id}, a_person(app, roles=("fan", "admin"))
    account = PayoutAccount(rail="solana", provider_id="wallet-of-tests", state="ready", **page)
    promo = PromoCode(code="LANTERN", percent=20, used=1, **page)
    case = Case(rail="card", kind="no_entry", external_id="a-case", detail={"amount": 500, "currency": "USD"})
    correction = Adjustment(
        owner_id=seller.id,
        account="creator_available",
        amount=500,
        currency="USD",
        reason="A test",
        proposed_by=office.id,
    )
    with app.app_context(), transaction():
        db.session.add_all([account, promo, case, correction])
        db.session.flush()
        money = {"amount": 100, "currency": "USD", "rail_amount": 100, "rail_currency": "USDC"}
        payout = Payout(account_id=account.id, rail="solana", **money, **page)
        db.session.add_all(
            [
                payout,
                PayoutPlan(rhythm="monthly", **page),
                TaxProfile(country="US", sealed_fields=vault().seal("{}", TAX), **page),
                RailSwitch(seller_id=seller.id, rail="test"),
                Bundle(tier_id=tier_id, months=3, percent=10),
                PromoUse(promo_id=promo.id, user_id=payer.id),
                BillingDetails(user_id=payer.id, country="FI"),
                SpendingLimit(user_id=payer.id, amount=10_000_000),
            ]
        )
        db.session.flush()
        return {
            "payout_id": [payout.id],
            "promo_id": [promo.id],
            "case_id": [case.id],
            "adjustment_id": [correction.id],
        }


def _booked(app: Flask, seller: Person) -> Names:
    with app.app_context():
        accounts = db.session.scalars(db.select(LedgerAccount.id).filter_by(owner_id=seller.id)).all()
        entries = db.select(LedgerLeg.entry_id).where(LedgerLeg.account_id.in_(accounts))
        return {
            "account_id": [*accounts],
            "entry_id": [*db.session.scalars(entries.distinct().limit(2))],
        }
