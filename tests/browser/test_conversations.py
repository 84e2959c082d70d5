"""What a conversation's page does with what is answered, read, changed further back, or refused."""

from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import FilePayload, Locator, Page, expect

from app.chat.operations import writing
from app.platform.transaction import transaction
from tests.browser.tabs import ON, OpenTab, at, hurry
from tests.chat.talking import begin, says_much
from tests.factories.creators import a_creator
from tests.factories.media import picture_bytes
from tests.factories.people import Person, a_person, signed_in

# Of static/js/chat.js.
BEFORE_TOLD_AGAIN_MS = 10_000


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara", display_name="Mara Ellison")


@pytest.fixture
def ben(app: Flask) -> Person:
    return a_person(app, "ben")


@pytest.fixture
def talk(app: Flask, mara: Person, ben: Person) -> str:
    return begin(signed_in(app, ben), "mara", "Did the contact sheet arrive?")


def write(tab: Page, words: str) -> None:
    tab.get_by_role("textbox", name="Write to").fill(words)
    tab.get_by_role("button", name="Send").click()


def bubbles(tab: Page) -> Locator:
    return tab.locator("[data-thread] p.said")


def numbers(tab: Page) -> list[int]:
    shown: list[int] = tab.locator("li[data-seq]").evaluate_all(
        "all => all.map((one) => Number(one.dataset.seq))"
    )
    return shown


def gives_a_sign(app: Flask, person: Person, talk: str, *seqs: int) -> None:
    for seq in seqs:
        with app.app_context(), transaction():
            writing.react(person.id, UUID(talk.removeprefix("/messages/")), seq, "🔥")


def test_what_changes_further_back_or_ahead_waits_for_its_own_place(
    app: Flask, open_tab: OpenTab, mara: Person, ben: Person, talk: str
) -> None:
    says_much(app, ben, talk, (f"Number {number}" for number in range(2, 62)))
    latest = at(app, open_tab(), ben, talk)
    past = at(app, open_tab(), ben, f"{talk}?around=5")
    shown = numbers(past)
    gives_a_sign(app, mara, talk, 40, 2, 60)
    for tab, seq in ((latest, 60), (past, 2)):
        expect(tab.locator(f"#m-{seq} .signs")).to_have_text("🔥")
    assert numbers(latest) == list(range(32, 62))
    gives_a_sign(app, mara, talk, 3)
    expect(past.locator("#m-3 .signs")).to_have_text("🔥")
    assert numbers(past) == shown
    latest.evaluate("scrollTo(0, 0)")
    expect(latest.locator("#m-2 .signs")).to_have_text("🔥")
    # Whoever is at the top has what lies further up fetched too.
    assert numbers(latest)[-60:] == list(range(2, 62))


def test_lines_that_were_refused_come_back_in_their_order(
    app: Flask, tab: Page, ben: Person, talk: str
) -> None:
    fan = at(app, tab, ben, talk)
    line = fan.get_by_role("textbox", name="Write to")
    fan.context.set_offline(True)
    write(fan, "First https://one.example/")
    write(fan, "Then https://two.example/")
    line.fill("And the next")
    fan.context.set_offline(False)
    expect(line).to_have_value("First https://one.example/\nThen https://two.example/\nAnd the next")
    expect(fan.locator("[data-waits]")).to_have_count(0)


def test_a_mark_that_did_not_arrive_is_set_once_it_can(
    app: Flask, open_tab: OpenTab, mara: Person, ben: Person, talk: str
) -> None:
    fan, host = at(app, open_tab(width=390), ben, talk), open_tab()
    hurry(host, BEFORE_TOLD_AGAIN_MS)
    at(app, host, mara, talk)
    expect(fan.locator("[data-mark]")).to_have_text("Read")
    host.route(f"**{talk}/seen", lambda route: route.abort())
    with host.expect_event("requestfailed"):
        write(fan, "And the prints?")
    expect(fan.locator("[data-mark]")).to_have_text("Sent")
    host.unroute(f"**{talk}/seen")
    expect(fan.locator("[data-mark]")).to_have_text("Read")


def test_marks_that_do_not_arrive_wait_together(
    app: Flask, open_tab: OpenTab, mara: Person, ben: Person, talk: str
) -> None:
    fan, host = at(app, open_tab(width=390), ben, talk), open_tab()
    # How many pauses of this length began, and which of them still wait: none of them ends.
    host.add_init_script(f"""
        const wait = window.setTimeout.bind(window), stop = window.clearTimeout.bind(window);
        window.begun = 0;
        window.waiting = new Set();
        window.setTimeout = (act, ms, ...more) =>
            ms === {BEFORE_TOLD_AGAIN_MS} ? (waiting.add(--begun), begun) : wait(act, ms, ...more);
        window.clearTimeout = (one) => waiting.delete(one) || stop(one);
    """)
    host.route(f"**{talk}/seen", lambda route: route.abort())
    at(app, host, mara, talk)
    for number in range(3):
        host.wait_for_function("number => begun < -number", arg=number)
        write(fan, f"Number {number}")
    host.wait_for_function("() => begun < -3")
    assert host.evaluate("waiting.size") == 1


def test_what_is_answered_is_still_there_after_a_reload_until_it_is_said(
    app: Flask, tab: Page, mara: Person, ben: Person, talk: str
) -> None:
    says_much(app, ben, talk, (f"Number {number}" for number in range(2, 62)))
    host = at(app, tab, mara, f"{talk}?around=5")
    shown = numbers(host)

    def read_anew() -> None:
        host.reload()
        expect(host.locator(ON)).to_be_attached()

    def answer(seq: int) -> None:
        host.locator(f"#m-{seq}").get_by_role("link", name="About this message").click()
        host.get_by_role("dialog").get_by_role("link", name="Answer").click()
        expect(host.locator(".answering")).to_contain_text(f"Number {seq}")
        host.wait_for_url(f"**answer={seq}*")

    answer(5)
    read_anew()
    assert numbers(host) == shown
    expect(host.locator(".answering")).to_contain_text("Number 5")
    host.get_by_role("link", name="Answer nothing").click()
    expect(host.locator(".answering")).to_have_count(0)
    read_anew()
    expect(host.locator(".answering")).to_have_count(0)
    at(app, host, mara, talk)
    answer(61)
    write(host, "It is here")
    expect(host.locator("#m-62 .quote")).to_have_text("Number 61")
    read_anew()
    expect(host.locator(".answering")).to_have_count(0)


def test_who_answers_keeps_the_files_and_the_price(app: Flask, tab: Page, mara: Person, talk: str) -> None:
    host = at(app, tab, mara, talk)
    host.get_by_label("Files and price").click()
    picture = FilePayload(name="negative.jpg", mimeType="image/jpeg", buffer=picture_bytes(400, 300))
    host.locator("[data-attach] [type=file]").set_input_files([picture])
    expect(host.locator("[data-attach] [name=media]")).to_be_enabled()
    host.get_by_label("Price to open it").fill("4.99")
    # It lies over what was said.
    host.get_by_label("Files and price").click()
    line = host.get_by_role("textbox", name="Write to")
    line.fill("Here it")

    def answer() -> None:
        host.locator("#m-1").get_by_role("link", name="About this message").click()
        host.get_by_role("dialog").get_by_role("link", name="Answer").click()

    answer()
    expect(line).to_be_focused()
    expect(host.get_by_role("dialog")).to_have_count(0)
    expect(host.locator(".answering")).to_contain_text("Did the contact sheet arrive?")
    host.get_by_role("link", name="Answer nothing").click()
    expect(host.locator(".answering")).to_have_count(0)
    answer()
    expect(host.locator(".answering")).to_have_count(1)
    host.keyboard.type(" is")
    host.keyboard.press("Enter")
    sold = host.locator("#m-2")
    expect(sold).to_contain_text("Here it is")
    expect(sold).to_contain_text("$4.99 · not opened yet")
    expect(sold.locator(".quote")).to_have_text("Did the contact sheet arrive?")
    expect(host.locator(".answering")).to_have_count(0)
