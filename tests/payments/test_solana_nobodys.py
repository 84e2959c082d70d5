"""Coins that came and name nothing: kept, told, and counted when somebody knows whose they are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from solana.rpc.commitment import Confirmed, Processed
from solders.keypair import Keypair
from solders.message import Message
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM
from solders.system_program import CreateAccountParams, TransferParams, create_account, transfer
from solders.transaction import VersionedTransaction
from spl.token.constants import TOKEN_PROGRAM_ID
from spl.token.instructions import close_account, get_associated_token_address, transfer_checked
from spl.token.models import CloseAccountParams, TransferCheckedParams

from app.extensions import db
from app.invoices.models import Refund
from app.kit import clock
from app.kit.clock import FixedClock
from app.kit.ids import new_id
from app.ledger import queries as ledger
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.payments.models import Case, ChainCursor, ChainSend, ProviderEntry
from app.payments.operations import solana_receiving as receiving
from app.payments.solana import jobs
from app.platform.audit import Action
from app.platform.models import AuditRecord, Mail, WorkItem
from app.platform.transaction import transaction
from tests.doubles.between import odd_node
from tests.doubles.chain import pay_link
from tests.doubles.chain_questions import a_rich_key, a_transfer, send
from tests.factories.invoices import an_invoice, the_invoice
from tests.factories.people import Person, a_person, signed_in
from tests.factories.restored import compared, restored
from tests.page_client import Page, PageClient
from tests.payments.coins import UNITS, Purse, taking_coins
from tests.support import free_port

# What opening a token account costs, and closing it gives back.
RENT = 2_039_280


def the_case(app: Flask) -> UUID:
    with app.app_context():
        return db.session.query(Case).one().id


def an_admin(app: Flask) -> PageClient:
    return signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True)


def counted_for(app: Flask, invoice_id: UUID) -> Page:
    """What an admin hears who says that the one open case is this invoice's money."""
    address, admin = f"/admin/payments/cases/{the_case(app)}/assign", an_admin(app)
    return admin.send(admin.get(address).form(address), invoice=str(invoice_id), note="They wrote to us.")


def an_account_closed_for(purse: Purse) -> None:
    """Somebody closes an account of theirs, and gives us what lay in it."""
    mint, giver = purse.double.usdc, a_rich_key(purse.double, usdc="1")
    account = get_associated_token_address(giver.pubkey(), mint)
    spend = transfer_checked(
        TransferCheckedParams(
            program_id=TOKEN_PROGRAM_ID,
            source=account,
            mint=mint,
            dest=get_associated_token_address(purse.double.wallet(), mint),
            owner=giver.pubkey(),
            amount=UNITS,
            decimals=6,
        )
    )
    close = close_account(
        CloseAccountParams(
            account=account, dest=purse.wallet, owner=giver.pubkey(), program_id=TOKEN_PROGRAM_ID
        )
    )
    recent = purse.double.ask(lambda client: client.get_latest_blockhash(Processed)).value.blockhash
    message = Message.new_with_blockhash([spend, close], giver.pubkey(), recent)
    send(purse.double, VersionedTransaction(message, [giver]))


def test_what_names_nothing_is_kept_until_an_admin_knows(purse: Purse, app: Flask, invoice_id: UUID) -> None:
    purse.double.pay(pay_link(purse.wallet, "5", mint=purse.double.usdc))
    purse.settle()
    assert [kind for kind, _ in purse.cases()] == ["unknown_money"]
    assert purse.booked(Kind.UNKNOWN, "USDC") == 5 * UNITS
    admin = signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True)
    case_id = the_case(app)
    here = admin.get(f"/admin/payments/cases/{case_id}")
    here = admin.get(str(here.one('a[href$="/assign"]')["href"]))
    form = here.form(f"/admin/payments/cases/{case_id}/assign")
    assert "no such invoice" in admin.send(form, invoice="7", note="They wrote to us.").text
    form = here.form(f"/admin/payments/cases/{case_id}/assign")
    there = admin.send(form, invoice=str(invoice_id), note="They wrote to us.")
    assert there.status == 200 and "counts for this invoice" in there.text
    assert the_invoice(app, invoice_id).state == "paid"
    assert purse.booked(Kind.UNKNOWN, "USDC") == 0
    # What is decided is decided.
    assert admin.get(form.action).status == 404
    assert admin.send(form, idempotency_key=str(new_id()), note="Again.").status == 404
    purse.assert_square()


def test_nobody_decides_about_their_own_money(purse: Purse, app: Flask, page: PageClient) -> None:
    purse.double.pay(pay_link(purse.wallet, "5", mint=purse.double.usdc))
    purse.settle()
    own = a_person(app, roles=("fan", "admin"))
    invoice_id, admin = an_invoice(app, own), signed_in(app, own, second_factor=True)
    case_id = the_case(app)
    address = f"/admin/payments/cases/{case_id}/assign"
    form = admin.get(address).form(address)
    assert admin.send(form, invoice="", note="").errors.keys() == {"invoice", "note"}
    refused = admin.send(form, invoice=str(invoice_id), note="It is mine.")
    assert refused.status == 422 and "another admin decides" in refused.text


def test_what_came_from_cold_storage_is_the_houses(app: Flask, purse: Purse) -> None:
    cold = purse.double.wallet("cold")
    with taking_coins(app, purse.double, solana_cold_wallet=str(cold)):
        purse.double.pay(pay_link(purse.wallet, "3"), wallet="cold")
        purse.settle()
    assert purse.cases() == []
    assert purse.booked(Kind.CHAIN_COLD, "SOL") == -3 * 10**9
    purse.assert_square()


def test_play_money_that_the_house_asked_for_is_no_riddle(app: Flask, purse: Purse) -> None:
    watched = Keypair()
    with taking_coins(app, purse.double, secret_key=f"another {watched.pubkey()}") as poor:
        before = {coin: poor.booked(Kind.OWNER, coin) for coin in ("SOL", "USDC")}
        poor.run(jobs.ask_for_play_money)
        poor.settle()
        gift = {"SOL": 120 * 10**9, "USDC": 12_000 * UNITS}
        assert poor.on_chain() == gift
        assert {coin: poor.booked(Kind.OWNER, coin) - before[coin] for coin in gift} == gift
        poor.run(jobs.ask_for_play_money)
        poor.settle()
        assert poor.on_chain()["SOL"] == 120 * 10**9, "it has enough"
        assert poor.cases() == []


def test_a_play_chain_that_is_silent_is_asked_for_play_money_again(app: Flask, purse: Purse) -> None:
    """Another node still says what lies in the wallet; only the play chain gives any."""
    gone = free_port()
    nodes = [f"http://127.0.0.1:{gone}", purse.double.url]
    chosen = {"secret_key": f"another {Keypair().pubkey()}"}
    with taking_coins(app, purse.double, solana_rpc_url=nodes, chain_port=gone, **chosen) as poor:
        poor.run(jobs.ask_for_play_money)
        poor.settle()
        assert poor.on_chain() == {"SOL": 0, "USDC": 0}
        with app.app_context():
            assert db.session.query(WorkItem).filter(WorkItem.last_error.is_not(None)).count() == 0
    with taking_coins(app, purse.double, **chosen) as poor:
        poor.run(jobs.ask_for_play_money)
        poor.settle()
        assert poor.on_chain() == {"SOL": 120 * 10**9, "USDC": 12_000 * UNITS}


def test_what_the_house_put_there_itself_is_its_deposit(app: Flask, purse: Purse) -> None:
    before = purse.booked(Kind.OWNER, "USDC")
    purse.double.pay(pay_link(purse.wallet, "5", mint=purse.double.usdc))
    purse.settle()
    one = a_person(app, roles=("fan", "admin"))
    admin = signed_in(app, one, second_factor=True)
    case_id = the_case(app)
    here = admin.get(f"/admin/payments/cases/{case_id}")
    here = admin.get(str(here.one('a[href$="/deposit"]')["href"]))
    form = here.form(f"/admin/payments/cases/{case_id}/deposit")
    assert admin.send(form, note=" ").errors.keys() == {"note"}
    assert admin.send(form, note="From my own wallet, for payouts.").status == 200
    assert purse.booked(Kind.UNKNOWN, "USDC") == 0
    assert purse.booked(Kind.OWNER, "USDC") - before == 5 * UNITS
    with app.app_context():
        noted = db.session.query(AuditRecord).filter_by(action=Action.OWN_DEPOSIT).one()
        assert noted.actor_id == one.id
    # What is decided is decided.
    assert admin.send(form, idempotency_key=str(new_id()), note="Again.").status == 404
    assert admin.get(f"/admin/payments/cases/{case_id}/assign").status == 404
    purse.run(jobs.check_books)
    purse.assert_square()


def test_what_names_an_invoice_is_never_a_deposit(
    app: Flask, purse: Purse, page: PageClient, invoice_id: UUID
) -> None:
    purse.double.pay(purse.link(page, invoice_id, "USDC"), token="SOL")
    purse.settle()
    assert [kind for kind, _ in purse.cases()] == ["other_coin"]
    admin = signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True)
    here = admin.get(f"/admin/payments/cases/{the_case(app)}")
    assert here.soup.select_one('a[href$="/assign"]') and not here.soup.select_one('a[href$="/deposit"]')
    assert admin.get(f"/admin/payments/cases/{the_case(app)}/deposit").status == 404


def test_what_comes_without_a_transfer_is_kept_too(app: Flask, purse: Purse) -> None:
    an_account_closed_for(purse)
    purse.settle()
    ((kind, detail),) = purse.cases()
    assert (kind, detail["coin"], detail["amount"]) == ("unknown_money", "SOL", RENT)
    purse.assert_square()


def test_what_nobody_knows_a_way_back_for_becomes_credit(app: Flask, purse: Purse, fan: Person) -> None:
    invoice_id = an_invoice(app, fan, total=30)
    an_account_closed_for(purse)
    purse.settle()
    assert counted_for(app, invoice_id).status == 200
    assert the_invoice(app, invoice_id).state == "paid"
    purse.refund(invoice_id, 30)
    with app.app_context():
        failed = db.session.query(Refund).filter_by(invoice_id=invoice_id, rail="solana").one()
        assert (failed.state, failed.failure) == ("failed", jobs.NO_WAY_BACK)
    assert purse.sends() == []
    with app.app_context():
        assert ledger.balance(Account(Kind.FAN_CREDIT, "USD", fan.id)).posted == 30
    purse.assert_square()


def sent_back(app: Flask, admin: PageClient, case_id: UUID) -> Page:
    address = f"/admin/payments/cases/{case_id}/return"
    return admin.send(admin.get(address).form(address), note="It was not for us.")


class TestWhatGoesBack:
    def test_the_wrong_coin_goes_back_whole_and_its_payer_is_told(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        purse.fill(sol="1")
        own = purse.booked(Kind.UNKNOWN, "SOL")
        with app.app_context(), transaction():
            db.session.query(Case).delete()
        purse.pay(page, invoice_id, "USDC", token="SOL", amount="0.5")
        here, nodes = f"/admin/payments/cases/{the_case(app)}", purse.double
        before = nodes.ask(lambda client: client.get_balance(nodes.wallet(), Confirmed)).value
        admin = an_admin(app)
        seen = admin.get(here)
        assert "href" in seen.one('a[href$="/return"]').attrs
        assert re.search(r"\d \w+ 20\d\d, \d\d:\d\d UTC", seen.one(".rows").get_text())
        there = sent_back(app, admin, the_case(app))
        assert "on its way back" in there.text and not there.soup.select(
            'a[href$="/assign"], a[href$="/return"]'
        )
        purse.send_all()
        after = nodes.ask(lambda client: client.get_balance(nodes.wallet(), Confirmed)).value
        assert after - before == 500_000_000
        assert purse.booked(Kind.UNKNOWN, "SOL") == own
        assert "It was not for us." in admin.get(here).text and "Closed" in admin.get(here).text
        assert "came, and USDC was asked for" not in page.get(f"/invoices/{invoice_id}").text
        with app.app_context():
            assert db.session.query(Mail).filter_by(template="coins_went_back").count() == 1
            assert db.session.query(AuditRecord).filter_by(action=Action.SENT_BACK).count() == 1
        with clock.using(FixedClock(clock.now() + timedelta(hours=2))):
            purse.run(jobs.check_books, jobs.check_books)
        assert "no_entry" not in [kind for kind, _ in purse.cases()]
        purse.assert_square()

    def test_what_is_on_its_way_is_not_decided_otherwise_nor_sent_twice(
        self, purse: Purse, app: Flask, invoice_id: UUID
    ) -> None:
        purse.double.pay(pay_link(purse.wallet, "5", mint=purse.double.usdc))
        purse.settle()
        admin, case = an_admin(app), f"/admin/payments/cases/{the_case(app)}"
        forms = {what: admin.get(f"{case}/{what}").form(f"{case}/{what}") for what in ("assign", "deposit")}
        again = admin.get(f"{case}/return").form(f"{case}/return")
        close = admin.get(case).form(f"{case}/close")
        sent_back(app, admin, the_case(app))
        told = admin.send(close, note="Never mind.")
        assert told.status == 409 and "on its way back" in told.text
        for form in (*forms.values(), again):
            told = admin.send(form, invoice=str(invoice_id), note="They wrote to us.")
            assert told.status == 422 and "on its way back" in told.text
        purse.fill(sol="1")
        purse.send_all()
        assert [(one.kind, one.state, one.amount) for one in purse.sends()] == [
            ("return", "succeeded", 5 * UNITS)
        ]
        assert purse.booked(Kind.UNKNOWN, "USDC") == 0
        assert admin.get(f"{case}/return").status == 404
        purse.assert_square()

    def test_what_failed_is_told_and_tried_again(self, purse: Purse, app: Flask) -> None:
        purse.fill(sol="1")
        with app.app_context(), transaction():
            db.session.query(Case).delete()
        purse.double.pay(pay_link(purse.wallet, "5", mint=purse.double.usdc))
        purse.settle()
        admin, case_id = an_admin(app), the_case(app)
        with taking_coins(app, purse.double, solana_wallet=str(purse.wallet)) as watching:
            sent_back(app, admin, case_id)
            watching.send_all()
        here = admin.get(f"/admin/payments/cases/{case_id}")
        assert "could not be sent back" in here.text and "cannot sign" in here.text
        sent_back(app, admin, case_id)
        purse.send_all()
        assert [one.state for one in purse.sends()] == ["succeeded"]
        purse.assert_square()

    def test_what_had_gone_back_before_a_restore_does_not_go_again(self, purse: Purse, app: Flask) -> None:
        purse.fill(sol="1")
        with app.app_context(), transaction():
            db.session.query(Case).delete()
        purse.double.pay(pay_link(purse.wallet, "5", mint=purse.double.usdc))
        purse.settle()
        admin, case_id = an_admin(app), the_case(app)
        sent_back(app, admin, case_id)
        purse.run(jobs.push_sends)
        purse.double.finalize()
        with app.app_context(), transaction():
            db.session.query(ChainSend).delete()
            db.session.query(WorkItem).delete()
        there = purse.on_chain()["USDC"]
        restored(app)
        compared(app)
        sent_back(app, admin, case_id)
        purse.send_all()
        assert purse.on_chain()["USDC"] == there
        assert [one.state for one in purse.sends()] == ["succeeded"]
        purse.assert_square()

    def test_what_came_from_nobody_knows_where_stays(self, purse: Purse, app: Flask) -> None:
        an_account_closed_for(purse)
        purse.settle()
        admin, case_id = an_admin(app), the_case(app)
        assert not admin.get(f"/admin/payments/cases/{case_id}").soup.select('a[href$="/return"]')
        assert "knows the wallet" in sent_back(app, admin, case_id).text
        assert purse.sends() == []

    def test_what_a_pool_gave_does_not_go_to_the_pool(self, purse: Purse, app: Flask, fan: Person) -> None:
        """Who swaps and has the outcome sent here does not own the wallet that it comes from."""
        pool, _ = Pubkey.find_program_address([b"pool"], TOKEN_PROGRAM_ID)
        purse.fill(sol="1", usdc="1")
        with app.app_context(), transaction():
            db.session.query(Case).delete()
        purse.double.pay(pay_link(purse.wallet, "5", mint=purse.double.usdc))
        with odd_node(purse.double.url) as odd, taking_coins(app, purse.double, solana_rpc_url=[odd.url]):
            odd.instead("getTransaction", lambda said: owned_by(said, str(pool), besides=str(purse.wallet)))
            purse.settle()
        assert "asks for it" in sent_back(app, an_admin(app), the_case(app)).text
        invoice_id = an_invoice(app, fan, total=500)
        assert counted_for(app, invoice_id).status == 200
        purse.refund(invoice_id, 500)
        assert purse.sends() == []
        with app.app_context():
            assert ledger.balance(Account(Kind.FAN_CREDIT, "USD", fan.id)).posted == 500
        purse.assert_square()


def owned_by(said: dict[str, Any], owner: str, *, besides: str) -> dict[str, Any]:
    """All token accounts but one's are a program's."""
    meta = said["result"]["meta"]
    for held in meta["preTokenBalances"] + meta["postTokenBalances"]:
        if held["owner"] != besides:
            held["owner"] = owner
    return said


def test_what_is_less_than_its_transfers_say_counts_as_far_as_it_came(app: Flask, purse: Purse) -> None:
    """Somebody pays us, and our key opens an account with a part of it in the same transaction."""
    key, giver, other = purse.key, a_rich_key(purse.double), Keypair()
    paying = transfer(TransferParams(from_pubkey=giver.pubkey(), to_pubkey=key.pubkey(), lamports=10**9))
    opening = create_account(
        CreateAccountParams(
            from_pubkey=key.pubkey(), to_pubkey=other.pubkey(), lamports=10**7, space=0, owner=SYSTEM
        )
    )
    recent = purse.double.ask(lambda client: client.get_latest_blockhash(Processed)).value.blockhash
    message = Message.new_with_blockhash([paying, opening], giver.pubkey(), recent)
    send(purse.double, VersionedTransaction(message, [giver, key, other]))
    purse.settle()
    told = dict(purse.cases())
    assert (told["balance_differs"]["transfers"], told["balance_differs"]["balance"]) == (10**9, 99 * 10**7)
    assert told["unknown_money"]["amount"] == 99 * 10**7
    purse.assert_square()


def test_a_token_that_names_nothing_is_nobodys_riddle(app: Flask, purse: Purse) -> None:
    mint = purse.double.mint(purse.double.wallet("joker"), "1000")
    purse.double.pay(pay_link(purse.wallet, "5", mint=mint), wallet="joker")
    purse.settle()
    assert purse.cases() == []
    purse.assert_square()


def test_it_counts_for_an_invoice_that_there_is_and_whose_price_is_known(
    app: Flask, purse: Purse, fan: Person
) -> None:
    purse.double.pay(pay_link(purse.wallet, "5", mint=purse.double.usdc))
    purse.settle()
    nowhere = counted_for(app, UUID(int=1))
    assert nowhere.status == 422 and "no such invoice" in nowhere.errors["invoice"]
    in_euros = an_invoice(app, fan, total=500, currency="EUR")
    unknown = counted_for(app, in_euros)
    assert unknown.status == 422 and "Nobody says what it is worth" in unknown.text
    assert the_invoice(app, in_euros).received == 0
    assert purse.booked(Kind.UNKNOWN, "USDC") == 5 * UNITS


def test_what_a_worker_had_booked_before_it_was_killed_is_booked_once(app: Flask, purse: Purse) -> None:
    signatures = purse.double.pay(pay_link(purse.wallet, "2"))
    an_account_closed_for(purse)
    signatures.append(send(purse.double, a_transfer(purse.double, purse.key, Keypair().pubkey(), 10**8)))
    with killed_before_it_was_done(app, purse):
        purse.settle()
    before = purse.cases()
    purse.look()
    assert len(before) == 3 and purse.cases() == before
    with app.app_context():
        assert db.session.query(ProviderEntry).filter_by(kind="transaction").count() >= len(signatures)
    purse.assert_square()


@contextmanager
def killed_before_it_was_done(app: Flask, purse: Purse) -> Iterator[None]:
    """All that is seen meanwhile is booked; that it was seen is not noted."""
    with app.app_context():
        read = [(one.address, one.last_signature, one.from_slot) for one in db.session.query(ChainCursor)]
    yield
    with app.app_context(), transaction():
        db.session.query(ProviderEntry).filter_by(kind="transaction").delete()
        for address, signature, slot in read:
            receiving.read_until(address, signature, slot)
