"""The books in a browser, in every shape."""

from flask import Flask

from app.ledger import queries
from app.ledger.operations import holds, posting
from app.platform.transaction import transaction
from tests.browser.pages import fits_in_every_shape
from tests.browser.tabs import OpenTab, sign_in
from tests.factories.people import a_person
from tests.ledger.books import earned, sale


def test_every_page_fits_and_is_accessible(app: Flask, open_tab: OpenTab) -> None:
    mara, boss = a_person(app, "mara"), a_person(app, "boss", roles=("fan", "admin"))
    with app.app_context(), transaction():
        cause = "invoice:01a1ffaf-9bd2-7b34-9e8e-2eee9e63cb6e:paid"
        posted = posting.post_all([sale(cause, mara.id, 123_456_789), sale("invoice:2:paid", mara.id)])
        posting.reverse(
            posted[0].id, cause="refund:1", part=posting.Part(1, 3), actor_id=boss.id, note="Asked for"
        )
        holds.hold(earned(mara.id), 5_000, cause="payout:1")
        account = queries.balances(mara.id)[0].id
    tab = open_tab()
    sign_in(tab, app, boss, second_factor=True)
    for address in (
        "",
        "?handle=nobody",
        f"?handle={'x' * 99}",
        "/totals",
        f"/accounts/{account}",
        f"/entries/{posted[0].id}",
    ):
        tab.goto(f"/admin/ledger{address}")
        fits_in_every_shape(tab)
