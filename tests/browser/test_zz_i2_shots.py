from tests.browser.test_cards import *  # noqa: F403
from tests.browser.tabs import take_shape
for n in [n for n in globals() if n.startswith("test_")]: del globals()[n]

def shot(tab, name):
    for width, theme in ((390,"dark"),):
        take_shape(tab, width, theme)
        tab.screenshot(path=f"/tmp/i2w/{name}-{width}.png", full_page=True)

def test_shots(app, open_tab, till, fan):
    tab = open_tab()
    sign_in(tab, app, fan)
    with app.app_context(), transaction():
        methods.keep(fan.id, CARD, Card("pm_1", "visa", "4242", 12, 2040, "US"))
        methods.keep(fan.id, CARD, Card("pm_2", "amex", "0005", 1, 2040, "US"))
    tab.goto("/settings/payment-methods"); shot(tab, "methods")
    i = a_plain_invoice(app, fan, 1250)
    tab.goto(f"/invoices/{i}"); shot(tab, "invoice")
    with app.app_context(), transaction():
        cases.open_case(CARD, "no_entry", "txn_" + "x" * 40, amount=77, currency="USD", source="ch_" + "x" * 40)
    office = open_tab()
    sign_in(office, app, a_person(app, "boss", roles=("fan", "admin")), second_factor=True)
    for room in ("rails", "cases"):
        office.goto(f"/admin/payments/{room}"); shot(office, room)
        if room != "rails":
            office.locator("td a.name").first.click(); office.wait_for_load_state(); shot(office, room + "-one")
