"""Paid out to a bank, by way of the card processor, who runs beside the house."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import update

from app.earnings import jobs
from app.earnings.models import PayoutAccount
from app.earnings.operations import destinations
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.ledger import queries as ledger
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.payments.cards import jobs as card_jobs
from app.payments.cards import play_money
from app.payments.models import ProviderEntry
from app.platform import work
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from tests.accounts.taking_over import ask, confirm, left, listed, take_back, undo_link
from tests.earnings.asking import HOME, asked, long_named, mails, on, payouts_of, whole
from tests.earnings.conftest import WALLET, earned, everything_runs
from tests.factories.invoices import an_invoice
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient
from tests.payments.cards import Till, a_till, taking_cards


@pytest.fixture(scope="module")
def processor(whole_app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    with a_till(whole_app, tmp_path_factory.mktemp("cards")) as till:
        yield till


@pytest.fixture
def till(app: Flask, processor: Till) -> Iterator[Till]:
    with taking_cards(app, processor.double):
        yield processor
        processor.double.control("faults/clear")
        processor.settle()


def set_up(till: Till, page: PageClient, outcome: str = "complete") -> None:
    seen = page.send(page.get(HOME).form(f"{HOME}/card"), country="US")
    assert "Not finished yet" in seen.text
    go_on(till, page, outcome)
    long_named(till.app)


def go_on(till: Till, page: PageClient, outcome: str) -> None:
    there = page.get(f"{HOME}/card/go", follow=False)
    assert there.location.startswith(till.double.url), there.text
    back = till.double.onboard(there.location, outcome)
    page.get(back.location.removeprefix(till.app.extensions["fanlight.settings"].base_url))


def fill(till: Till) -> None:
    """The house's own balance at the processor."""
    buyer = a_person(till.app)
    invoice_id = an_invoice(till.app, buyer, None, 50_000)
    till.pay(signed_in(till.app, buyer), invoice_id)
    till.settle()


def test_a_bank_is_set_up_and_paid(app: Flask, till: Till, mara: Person) -> None:
    earned(app, mara, 10_000)
    fill(till)
    page = signed_in(app, mara)
    set_up(till, page)
    assert "ready" in page.get(HOME).text
    asked(page)
    everything_runs(app)
    assert [one.state for one in payouts_of(app, mara)] == ["paid"]
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == 0
    transfers = till.double.client().v1.transfers.list({"transfer_group": _group(app, mara)}).data
    assert [one.amount for one in transfers] == [9_200]
    assert whole(app)


def _group(app: Flask, person: Person) -> str:
    return f"payout:{payouts_of(app, person)[0].id}"


def test_what_is_missing_is_said_and_can_be_finished(app: Flask, till: Till, mara: Person) -> None:
    page = signed_in(app, mara)
    set_up(till, page, "later")
    seen = page.get(HOME)
    assert "not finished" in seen.text and "Your bank account" in seen.text
    go_on(till, page, "complete")
    with app.app_context():
        jobs.look_at_accounts()
    everything_runs(app)
    assert "ready" in page.get(HOME).text
    assert "payout_destination" in mails(app, mara)
    assert page.get(f"{HOME}/card/go", follow=False).location.startswith(till.double.url)
    with app.app_context():
        assert db.session.query(AuditRecord).filter_by(action="payout.place_visited").count() == 3


@pytest.mark.parametrize("kind", ["timeout_after", "drop_before"])
def test_a_call_without_an_answer_pays_once(app: Flask, till: Till, mara: Person, kind: str) -> None:
    earned(app, mara, 10_000)
    fill(till)
    page = signed_in(app, mara)
    set_up(till, page)
    till.double.fault("transfers.create", kind)
    asked(page)
    everything_runs(app)
    assert [one.state for one in payouts_of(app, mara)] == ["sent"]
    everything_runs(app)
    assert [one.state for one in payouts_of(app, mara)] == ["paid"]
    transfers = till.double.client().v1.transfers.list({"transfer_group": _group(app, mara)}).data
    assert len(transfers) == 1 and whole(app)


def test_a_house_that_is_short_gives_it_back(app: Flask, till: Till, mara: Person) -> None:
    earned(app, mara, 90_000_000)
    page = signed_in(app, mara)
    set_up(till, page)
    asked(page)
    everything_runs(app)
    seen = page.get(HOME).text
    assert "for the house to mend" in seen and "where it should go" not in seen
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == 82_800_000
    admin = signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True)
    assert "Too little at the card processor" in admin.get("/admin/payments/cases").text


def test_the_play_house_puts_in_what_its_creators_may_be_paid(
    app: Flask, mara: Person, tmp_path: Path
) -> None:
    earned(app, mara, 90_000_000)
    with a_till(app, tmp_path) as till, taking_cards(app, till.double):
        before = app.extensions["fanlight.settings"]
        port = urlsplit(till.double.url).port
        app.extensions["fanlight.settings"] = before.model_copy(update={"cards_port": port})
        page = signed_in(app, mara)
        set_up(till, page)
        for _ in range(2):
            with app.app_context():
                play_money.ask_for_play_money()
            everything_runs(app)
        asked(page)
        everything_runs(app)
        assert [one.state for one in payouts_of(app, mara)] == ["paid"]
        with app.app_context():
            card_jobs.read_balance()
            assert db.session.query(ProviderEntry).filter_by(checked_at=None).all() == []
            given = 82_800_000 + play_money.LEAST + play_money.MORE
            assert ledger.balance(Account(Kind.OWNER, "USD")).posted == given
            assert ledger.balance(Account(Kind.BANK, "USD")).posted == 0
    assert whole(app)


def test_a_transfer_that_is_taken_back_is_theirs_again(app: Flask, till: Till, mara: Person) -> None:
    earned(app, mara, 10_000)
    fill(till)
    page = signed_in(app, mara)
    set_up(till, page)
    asked(page)
    everything_runs(app)
    (payout,) = payouts_of(app, mara)
    assert payout.provider_id is not None
    till.double.client().v1.transfers.reversals.create(payout.provider_id)
    till.settle()
    assert [one.state for one in payouts_of(app, mara)] == ["failed"]
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == 9_200
    assert "payout_failed" in mails(app, mara) and whole(app)


def test_a_processor_that_is_away_is_said(app: Flask, till: Till, mara: Person) -> None:
    page = signed_in(app, mara)
    page.send(page.get(HOME).form(f"{HOME}/card"), country="US")
    till.double.fault("accounts.create", "drop_before")
    assert "does not answer" in page.get(f"{HOME}/card/go").text
    assert page.get(f"{HOME}/card/go", follow=False).location.startswith(till.double.url)


def test_an_account_that_was_taken_from_the_house_is_said_in_our_words(
    app: Flask, till: Till, mara: Person, caplog: pytest.LogCaptureFixture
) -> None:
    """The processor's own name the key that it was asked with."""
    page = signed_in(app, mara)
    set_up(till, page)
    with app.app_context(), transaction():
        db.session.execute(update(PayoutAccount).values(provider_id="acct_of_somebody_else"))
    shown = page.get(f"{HOME}/card/go").text
    assert "does not let this house do that" in shown and "sk_test" not in shown
    said = [str(vars(record).get("said")) for record in caplog.records if "does not permit" in record.message]
    assert len(said) == 1 and "acct_of_somebody_else" in said[0]


def test_a_bank_that_was_begun_long_ago_waits_for_a_day_beside_a_wallet(
    app: Flask, till: Till, mara: Person
) -> None:
    """Whoever gets into the account must not get at the money by a set-up that its owner left unfinished."""
    earned(app, mara, 10_000)
    fill(till)
    with clock.using(FixedClock(clock.now() - timedelta(days=30))), app.app_context(), transaction():
        destinations.begin_card(mara.id, "US")
        db.session.add(PayoutAccount(creator_id=mara.id, rail="solana", provider_id=WALLET, state="ready"))
    page = signed_in(app, mara)
    go_on(till, page, "complete")
    assert "Where your money goes is new" in asked(page).text
    with clock.using(FixedClock(clock.now() + timedelta(hours=25))):
        page = signed_in(app, mara)
        assert "It is on its way" in asked(page).text


def test_a_bank_whose_page_a_thief_was_shown_is_paid_no_more_once_the_account_is_taken_back(
    app: Flask, till: Till, mara: Person
) -> None:
    """The processor tells nobody which bank is behind it now."""
    earned(app, mara, 10_000)
    owner, thief = signed_in(app, mara), signed_in(app, mara)
    set_up(till, owner)
    ask(thief)
    confirm(app, thief)
    link = undo_link(app, mara)
    assert thief.get(f"{HOME}/card/go", follow=False).location.startswith(till.double.url)
    asked(thief)
    back = take_back(app, mara, link)
    (gone,) = listed(back)
    assert "Bank account acct_" in gone and "Set it up anew" in gone
    assert not any("processor" in line for line in left(back))
    everything_runs(app)
    assert [one.state for one in payouts_of(app, mara)] == ["failed"]
    again = signed_in(app, mara)
    set_up(till, again)
    with app.app_context():
        assert db.session.query(PayoutAccount.provider_id).distinct().count() == 2
    assert whole(app)


def test_a_bank_whose_page_a_thief_was_shown_is_named_also_where_they_removed_it(
    app: Flask, till: Till, mara: Person
) -> None:
    owner, thief = signed_in(app, mara), signed_in(app, mara)
    set_up(till, owner)
    ask(thief)
    confirm(app, thief)
    link = undo_link(app, mara)
    thief.get(f"{HOME}/card/go", follow=False)
    thief.send(thief.get(HOME).form(f"{HOME}/card/remove"))
    (gone,) = listed(take_back(app, mara, link))
    assert "Bank account acct_" in gone and "Set it up anew" in gone
    assert "ready" not in signed_in(app, mara).get(HOME).text


def papers_are_wanted(till: Till) -> UUID:
    with till.app.app_context():
        (account,) = db.session.query(PayoutAccount)
        way = till.double.client().v1.account_links.create(
            {
                "account": account.provider_id or "",
                "type": "account_onboarding",
                "return_url": "http://localhost/",
                "refresh_url": "http://localhost/",
            }
        )
    till.double.onboard(way.url, "open")
    till.settle()
    return account.id


def test_papers_that_the_processor_wants_now_and_then_are_no_new_place(
    app: Flask, till: Till, mara: Person
) -> None:
    page = signed_in(app, mara)
    set_up(till, page)
    till.settle()
    assert mails(app, mara) == ["payout_destination"]
    papers_are_wanted(till)
    assert "not finished" in page.get(HOME).text
    go_on(till, page, "complete")
    till.settle()
    assert "ready" in page.get(HOME).text
    assert mails(app, mara) == ["payout_destination"]


def test_a_visit_that_finishes_the_owners_bank_after_the_account_is_theirs_again_names_no_place(
    app: Flask, till: Till, mara: Person
) -> None:
    """Also where the processor wanted papers meanwhile, so that it showed the pages of a set-up."""
    owner, thief = signed_in(app, mara), signed_in(app, mara)
    set_up(till, owner)
    account_id = papers_are_wanted(till)
    assert "not finished" in owner.get(HOME).text
    ask(thief)
    confirm(app, thief)
    link = undo_link(app, mara)
    there = thief.get(f"{HOME}/card/go", follow=False)
    before = mails(app, mara)
    take_back(app, mara, link)
    till.double.onboard(there.location, "complete")
    with app.app_context(), transaction():
        work.enqueue(jobs.LOOK, {"account_id": str(account_id)})
    till.settle()
    assert "ready" not in signed_in(app, mara).get(HOME).text
    assert mails(app, mara) == before
