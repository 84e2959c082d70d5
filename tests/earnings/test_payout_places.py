"""Where payouts go: which places are taken, kept, and held back for a day."""

from datetime import timedelta

import pytest
from flask import Flask
from solders.pubkey import Pubkey

from app.accounts.models import Wallet
from app.earnings.models import PayoutAccount
from app.earnings.operations import paying_out
from app.earnings.operations.paying_out import Wish
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.platform.errors import Refused
from app.platform.transaction import transaction
from tests.earnings.asking import HOME, asked, mails, payouts_of, with_wallet
from tests.earnings.conftest import OTHER_WALLET, WALLET, Rails, earned, everything_runs
from tests.factories.people import Person, signed_in

# Of a program's making: nobody has its key.
DERIVED = str(Pubkey.find_program_address([b"vault"], Pubkey.from_string(WALLET))[0])


def test_asking_and_changing_the_place_need_a_fresh_sign_in(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    with clock.using(FixedClock(clock.now() + timedelta(minutes=11))):
        seen = page.get(HOME)
        for form in (f"{HOME}/ask", f"{HOME}/wallet", f"{HOME}/solana/remove"):
            answer = page.send(seen.form(form), follow=False)
            assert answer.location.startswith("/login/confirm"), form
    assert payouts_of(app, mara) == []


@pytest.mark.parametrize(
    "address", ["", "hello", "0x52908400098527886E0F7030069857D2E4169EE7", DERIVED, "1" * 32]
)
def test_only_a_wallets_own_address_is_taken(app: Flask, rails: Rails, mara: Person, address: str) -> None:
    page = signed_in(app, mara)
    seen = page.send(page.get(HOME).form(f"{HOME}/wallet"), address=address)
    assert seen.status == 422 and seen.errors["address"]
    with app.app_context():
        assert db.session.query(PayoutAccount).count() == 0


def test_a_first_wallet_beside_a_bank_is_new_and_not_changed(app: Flask, rails: Rails, mara: Person) -> None:
    page = signed_in(app, mara)
    page.send(page.get(HOME).form(f"{HOME}/card"), country="US")
    page.send(page.get(HOME).form(f"{HOME}/wallet"), address=WALLET)
    seen = page.get(HOME).text
    assert "It is new: payouts go there from" in seen and "You changed it" not in seen


def test_a_changed_place_waits_for_a_day_and_is_told(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    page.send(page.get(HOME).form(f"{HOME}/wallet"), address=OTHER_WALLET)
    assert mails(app, mara) == ["payout_destination"] * 2
    assert "You changed it" in page.get(HOME).text
    assert "Where your money goes is new" in asked(page).text
    with clock.using(FixedClock(clock.now() + timedelta(hours=25))):
        page = signed_in(app, mara)
        asked(page)
        everything_runs(app)
    assert [order.destination for order in rails.sent] == [OTHER_WALLET]


def test_a_first_place_waits_where_there_is_money_already(app: Flask, rails: Rails, mara: Person) -> None:
    """Nobody but a thief may be in a hurry to name one."""
    earned(app, mara, 10_000)
    page = signed_in(app, mara)
    page.send(page.get(HOME).form(f"{HOME}/wallet"), address=WALLET)
    assert "It is new: payouts go there from" in page.get(HOME).text
    assert "Where your money goes is new" in asked(page).text
    with clock.using(FixedClock(clock.now() + timedelta(hours=25))):
        asked(signed_in(app, mara))
    assert len(payouts_of(app, mara)) == 1


def test_a_first_place_that_was_there_before_the_money_waits_for_nothing(
    app: Flask, rails: Rails, mara: Person
) -> None:
    page = signed_in(app, mara)
    page.send(page.get(HOME).form(f"{HOME}/wallet"), address=WALLET)
    assert "payouts go there from" not in page.get(HOME).text
    with clock.using(FixedClock(clock.now() + timedelta(days=8, minutes=1))):
        earned(app, mara, 10_000)
        asked(signed_in(app, mara))
    assert len(payouts_of(app, mara)) == 1


def test_a_place_that_was_removed_waits_when_it_comes_again(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    page.send(page.get(HOME).form(f"{HOME}/solana/remove"))
    assert "Say where your money should go" in page.get(HOME).text
    page.send(page.get(HOME).form(f"{HOME}/wallet"), address=WALLET)
    assert "Where your money goes is new" in asked(page).text


def test_a_place_with_a_payout_on_its_way_stays(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    asked(page)
    assert "on its way there" in page.send(page.get(HOME).form(f"{HOME}/solana/remove")).text
    changed = page.send(page.get(HOME).form(f"{HOME}/wallet"), address=OTHER_WALLET)
    assert changed.status == 422 and "on its way there" in changed.text


def test_euros_do_not_go_to_a_wallet(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000, currency="EUR")
    page = with_wallet(app, mara)
    assert not page.get(HOME).has_form(f"{HOME}/ask")
    with app.app_context(), pytest.raises(Refused), transaction():
        paying_out.ask(mara.id, Wish("solana", 500, "EUR"), asked_by=mara.id)


def test_the_same_wallet_again_changes_nothing(app: Flask, rails: Rails, mara: Person) -> None:
    page = with_wallet(app, mara)
    page.send(page.get(HOME).form(f"{HOME}/wallet"), address=WALLET)
    assert mails(app, mara) == ["payout_destination"]


def test_the_houses_own_wallet_is_nobodys(app: Flask, rails: Rails, mara: Person) -> None:
    with app.app_context():
        own = app.extensions["fanlight.settings"].solana_usdc_mint
    page = signed_in(app, mara)
    seen = page.send(page.get(HOME).form(f"{HOME}/wallet"), address=own)
    assert seen.status == 422 and seen.errors["address"]


def test_a_linked_wallet_is_offered(app: Flask, rails: Rails, mara: Person) -> None:
    with app.app_context(), transaction():
        db.session.add(Wallet(address=WALLET, user_id=mara.id))
    assert signed_in(app, mara).get(HOME).form(f"{HOME}/wallet").fields["address"] == WALLET


def test_nobodys_places_are_nowhere(app: Flask, rails: Rails, mara: Person) -> None:
    page = signed_in(app, mara)
    token = page.get(HOME).form(f"{HOME}/plan").fields["csrf_token"]
    for what in ("solana/remove", "card/prefer", "nonsense/remove"):
        sent = {"csrf_token": token, "idempotency_key": what}
        assert page.post(f"{HOME}/{what}", sent).status == 404
    assert page.get(f"{HOME}/card/go").status == 404
    sent = {"csrf_token": token, "idempotency_key": "none", "country": ""}
    assert page.post(f"{HOME}/card", sent).errors["country"]
