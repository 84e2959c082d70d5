"""F1, F4: a worker is killed while the processor pays a creator. They are paid once, and the books know."""

import pytest
import stripe
from flask import Flask

from app.earnings.models import Payout, PayoutAccount
from app.earnings.operations import paying_out
from app.earnings.operations.paying_out import Wish
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.ledger import queries, verifying
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.payments.models import CARD
from app.platform.transaction import transaction
from tests.doubles.cards import CardsDouble
from tests.factories.creators import a_creator
from tests.factories.people import Person
from tests.faults.test_cards import double, environment, killed_in_the_call
from tests.faults.test_work import House, house
from tests.support import eventually

__all__ = ["double", "house"]


def a_bank(double: CardsDouble, creator: Person) -> None:
    """Theirs at the processor, which has money of the house."""
    client = double.client()
    account = client.v1.accounts.create(
        {"type": "express", "capabilities": {"transfers": {"requested": True}}}
    )
    link = client.v1.account_links.create(
        {
            "account": account.id,
            "type": "account_onboarding",
            "return_url": "http://localhost/back",
            "refresh_url": "http://localhost/again",
        }
    )
    double.onboard(link.url)
    client.v1.payment_intents.create(
        {"amount": 50_000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    )
    with transaction():
        db.session.add(
            PayoutAccount(
                creator_id=creator.id,
                rail=CARD,
                provider_id=account.id,
                state="ready",
                created_at=(at := clock.now()),
                changed_at=at,
            )
        )


def free(creator: Person, amount: int) -> None:
    legs = (
        Leg(Account(Kind.ADJUSTMENT, "USD"), amount),
        Leg(Account(Kind.CREATOR_AVAILABLE, "USD", creator.id), -amount),
    )
    with transaction():
        post(Entry(f"test-earned:{new_id()}", "adjustment", legs))


def state(creator: Person) -> str:
    db.session.rollback()
    return db.session.query(Payout).filter_by(creator_id=creator.id).one().state


@pytest.mark.fault_long
@pytest.mark.timeout(300)
def test_a_payout_in_the_middle_of_which_the_worker_dies_is_made_once(
    context: Flask, house: House, double: CardsDouble
) -> None:
    mara = a_creator(context, "mara")
    a_bank(double, mara)
    free(mara, 5_000)
    with transaction():
        payout = paying_out.ask(mara.id, Wish(CARD, 5_000, "USD"), asked_by=mara.id)
        group = f"payout:{payout.id}"

    def transfers() -> list[stripe.Transfer]:
        return double.client().v1.transfers.list({"transfer_group": group}).data

    killed_in_the_call(house, double, "transfers.create", transfers)
    assert state(mara) == "sent"
    house.scheduler()
    house.worker(**environment(double))
    eventually(lambda: state(mara) == "paid", within=60)
    assert [one.amount for one in transfers()] == [5_000]
    for kind in (Kind.CREATOR_AVAILABLE, Kind.PAYOUT_TRANSIT):
        assert queries.balance(Account(kind, "USD", mara.id)).posted == 0
    assert verifying.verify().found == []
