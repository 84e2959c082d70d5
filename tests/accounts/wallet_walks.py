"""The ways of people with a wallet, step by step."""

from tests.accounts.page_script import PageScript
from tests.accounts.python_wallet import PythonWallet
from tests.page_client import Page, PageClient

GROWN_UP = "1990-05-17"


def login_script(client: PageClient) -> PageScript:
    return PageScript(client, "/login/wallet", "[data-wallets]")


def linking_script(client: PageClient) -> PageScript:
    return PageScript(client, "/settings/wallets", "[data-wallets]")


def link(client: PageClient, wallet: PythonWallet) -> None:
    script = linking_script(client)
    answer = script.finish(wallet.answer(script.start()))
    assert answer.status_code == 200, answer.text


def sign_in(client: PageClient, wallet: PythonWallet, **more: object) -> str:
    """Where the page goes on."""
    script = login_script(client)
    answer = script.finish(wallet.answer(script.start()) | more)
    assert answer.status_code == 200, answer.text
    return str(answer.json["next"])


def join(client: PageClient, wallet: PythonWallet, handle: str = "newcomer", birth: str = GROWN_UP) -> Page:
    address = sign_in(client, wallet)
    assert address == "/login/wallet/join"
    form = client.get(address).form("/login/wallet/join")
    return client.send(form, handle=handle, display_name="A Newcomer", birth_date=birth)


def handle_of(client: PageClient) -> str:
    return client.get("/settings/profile").one(".menu-head .soft").get_text().removeprefix("@")
