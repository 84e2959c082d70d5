"""The play wallet of demo mode in a real browser."""

from urllib.parse import urlencode

from playwright.sync_api import Browser
from solana.rpc.commitment import Processed
from solders.keypair import Keypair

from tests.browser.pages import fits_in_every_shape
from tests.doubles.chain import ChainDouble, pay_link


def test_a_payment_is_approved_without_javascript(browser: Browser, chain: ChainDouble) -> None:
    shop, back = Keypair().pubkey(), f"http://localhost:{chain.port}/wallet?back"
    page = browser.new_page(java_script_enabled=False)
    link = pay_link(shop, "0.5", label="Mira", memo="Order 7")
    page.goto(f"{chain.url}/wallet?{urlencode({'uri': link, 'return': back})}")
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url(back)
    paid = chain.ask(lambda client: client.get_balance(shop, Processed)).value
    assert paid == 500_000_000
    page.close()


def test_its_page_fits_and_is_accessible(browser: Browser, chain: ChainDouble) -> None:
    page = browser.new_page()
    link = pay_link(
        Keypair().pubkey(), label="A name that is so long that it needs two lines" * 2, message="x" * 90
    )
    page.goto(f"{chain.url}/wallet?{urlencode({'uri': link})}")
    fits_in_every_shape(page)
    page.goto(f"{chain.url}/wallet?uri=solana:nobody")
    fits_in_every_shape(page)
    page.close()
