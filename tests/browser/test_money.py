"""The first evening of a newcomer, in Chromium, on a house as `make run` starts it: all kinds of paying, and
being paid.

One walk through one house: each step stands on the one before.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from solders.keypair import Keypair

from app.demo.people import DEMO_PASSWORD
from tests.browser.conftest import FAILED, SCREENSHOTS
from tests.browser.pages import fits_in_every_shape
from tests.browser.tabs import Profiles, Tabs
from tests.doubles.cards import GOOD
from tests.stack.stacks import Stack, stack
from tests.support import eventually
from workers.stack.environment import ROOT

# A whole product, its demo house and each way to pay: minutes, so it goes with the long ones (make faults).
pytestmark = [pytest.mark.fault_long, pytest.mark.xdist_group("launcher"), pytest.mark.timeout(900)]
PATIENCE = 90_000
# With three tiers; the demo's fan follows her and pays nothing yet.
CREATOR, FAN = "vera_frames", "fan"
NAME = "Вера Соколова"  # noqa: RUF001 - as she writes it
POST, SECRET = "The blue hour, in nine frames", "The ninth frame is the one that I kept"


class House:
    def __init__(self, running: Stack, clock: Path, tabs: Tabs) -> None:
        self._running = running
        self._clock = clock
        self._tabs = tabs

    def enter(self, handle: str) -> Page:
        tab = self._tabs.open()
        tab.context.set_default_timeout(30_000)
        tab.goto("/login")
        tab.fill("[name=identifier]", handle)
        tab.fill("[name=password]", DEMO_PASSWORD)
        tab.get_by_role("button", name="Sign in", exact=True).click()
        tab.wait_for_url("**/feed")
        return tab

    def later(self, offset: str) -> None:
        self._clock.write_text(offset)

    def verify_the_books(self) -> None:
        """As an owner asks."""
        settings = dict(
            line.split("=", 1)
            for name in ("demo.env", "run/servers.env")
            for line in (self._running.data / name).read_text().splitlines()
            if "=" in line
        )
        asked = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", "ledger", "verify"],
            cwd=ROOT, env=os.environ | settings | {"DATA_DIR": str(self._running.data)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert asked.returncode == 0, asked.stdout + asked.stderr


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Path]]:
    folder = tmp_path_factory.mktemp("evening")
    clock = folder / "clock"
    clock.write_text("0s")
    with stack(folder / "var", CLOCK_FILE=str(clock), DEMO_POSTS="true") as started:
        yield started.start(), clock


@pytest.fixture
def house(running: tuple[Stack, Path], browser: Browser, request: pytest.FixtureRequest) -> Iterator[House]:
    tabs = Tabs(Profiles(browser), f"http://localhost:{running[0].port}")
    yield House(*running, tabs)
    faults = tabs.faults
    if faults or request.node.stash.get(FAILED, False):
        tabs.take_screenshots(SCREENSHOTS, request.node.name)
    tabs.throw_away()
    assert not faults, "\n".join(faults)


def test_a_newcomer_pays_in_every_way_and_the_creator_is_paid(house: House) -> None:
    fan, creator = house.enter(FAN), house.enter(CREATOR)
    subscribe_by_card(fan)
    post = publish_for_sale(creator)
    buy_with_the_play_wallet(fan, post)
    invoice = tip_from_credit(fan, post)
    upgrade(fan)
    cancel(fan)
    refund_the_tip(creator, invoice)
    say_where_the_money_goes(creator)
    # What a bank may take back waits; so does a new place for money.
    house.later("9d")
    be_paid_out(house.enter(CREATOR))
    house.verify_the_books()


def subscribe_by_card(fan: Page) -> None:
    fan.goto(f"/@{CREATOR}/tiers")
    fan.get_by_role("link", name="Subscribe to").first.click()
    fan.get_by_role("button", name="Go on to pay").click()
    fan.wait_for_url("**/invoices/*")
    fits_in_every_shape(fan)
    fan.get_by_role("button", name="Pay by Card").click()
    fan.locator(f"input[name=method][value='{GOOD}']").check()
    fan.get_by_role("button", name="Pay").first.click()
    thanked(fan)
    fan.goto("/subscriptions")
    expect(fan.get_by_role("link", name=NAME).first).to_be_visible()


def publish_for_sale(creator: Page) -> str:
    creator.goto("/posts/new")
    creator.fill("[name=title]", POST)
    creator.fill("[name=body]", SECRET)
    creator.locator("[name=visibility][value=paid]").check()
    creator.fill("[name=price]", "29.00")
    creator.get_by_role("button", name="Publish now").click()
    creator.wait_for_load_state()
    creator.goto(f"/@{CREATOR}")
    return str(creator.get_by_role("link", name=POST).first.get_attribute("href"))


def buy_with_the_play_wallet(fan: Page, post: str) -> None:
    fan.goto(post)
    fan.get_by_role("button", name="Buy for $29.00").click()
    fan.wait_for_url("**/invoices/*")
    in_coins = fan.get_by_role("button", name="USDC").first

    def offered() -> bool:
        """As soon as the house, which has just begun, knows what a coin costs."""
        fan.reload()
        return in_coins.is_visible()

    eventually(offered, within=PATIENCE / 1000)
    in_coins.click()
    fan.get_by_role("link", name="Pay with the play wallet").click()
    fan.get_by_role("button", name="Approve").click()
    fan.wait_for_url("**/invoices/*", timeout=PATIENCE)
    thanked(fan)
    fan.goto(post)
    expect(fan.get_by_text(SECRET)).to_be_visible()


def tip_from_credit(fan: Page, post: str) -> str:
    """Of what everybody who signs in as the demo's fan finds in their pocket; the invoice's id."""

    def filled() -> bool:
        fan.goto(f"{post}/tip")
        return fan.get_by_text("as credit").is_visible()

    eventually(filled, within=PATIENCE / 1000)
    fan.get_by_role("link", name="$5.00").click()
    fan.fill("[name=note]", "For the road")
    fits_in_every_shape(fan)
    fan.get_by_role("button", name="Send the tip").click()
    expect(fan.get_by_role("heading", name="Thank you")).to_be_visible()
    fits_in_every_shape(fan)
    invoice = fan.get_by_role("link", name="Invoice and receipt").get_attribute("href")
    return str(invoice).rpartition("/")[2]


def upgrade(fan: Page) -> None:
    mine(fan)
    fan.get_by_role("link", name="Change tier").click()
    fan.locator("input[name=plan]").last.check()
    fan.get_by_role("button", name="Change it").click()
    fan.wait_for_url("**/invoices/*")
    fan.get_by_role("button", name=re.compile("^Pay by Visa|^Pay by Card")).first.click()
    if "/c/pay/" in fan.url:
        fan.locator(f"input[name=method][value='{GOOD}']").check()
        fan.get_by_role("button", name="Pay").first.click()
    thanked(fan)


def cancel(fan: Page) -> None:
    """In two clicks."""
    mine(fan)
    fan.get_by_role("link", name="Cancel", exact=True).click()
    fan.get_by_role("button", name="Cancel it").click()
    expect(fan.get_by_role("button", name="Keep it going")).to_be_visible()


def refund_the_tip(creator: Page, invoice: str) -> None:
    creator.goto("/dashboard/earnings")
    fits_in_every_shape(creator)
    creator.goto("/dashboard/tips")
    expect(creator.get_by_text("For the road")).to_be_visible()
    fits_in_every_shape(creator)
    creator.goto(f"/dashboard/sales/{invoice}")
    creator.get_by_role("button", name="Refund").click()
    expect(creator.get_by_text("It goes back to them")).to_be_visible()


def say_where_the_money_goes(creator: Page) -> None:
    creator.goto("/dashboard/payouts")
    creator.fill("[name=address]", str(Keypair().pubkey()))
    creator.get_by_role("button", name="Use this wallet").click()
    expect(creator.get_by_text("Saved.")).to_be_visible()


def be_paid_out(creator: Page) -> None:
    """In the coins in which the post was paid."""

    def asked() -> bool:
        creator.goto("/dashboard/payouts")
        return creator.get_by_role("button", name="Pay me out").is_visible()

    eventually(asked, within=PATIENCE / 1000)
    fits_in_every_shape(creator)
    creator.fill("[name=amount]", "20")
    creator.get_by_role("button", name="Pay me out").click()

    def arrived() -> bool:
        creator.goto("/dashboard/payouts")
        return creator.locator("td[data-label=State]").first.get_by_text("Paid out").is_visible()

    eventually(arrived, within=2 * PATIENCE / 1000)


def mine(fan: Page) -> None:
    fan.goto("/subscriptions")
    fan.get_by_role("link", name=NAME).first.click()


def thanked(fan: Page) -> None:
    expect(fan.get_by_text("Thank you.")).to_be_visible(timeout=PATIENCE)
