"""Two people talk in two real browsers, and lose or double nothing, whatever happens to the connection."""

import io
import wave

import pytest
from flask import Flask
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from app.accounts.operations import sessions
from app.platform import realtime
from app.platform.storage import storage
from app.platform.transaction import transaction
from app.platform.work import runner
from tests.browser.pages import fits_in_every_shape
from tests.browser.tabs import ON, OpenTab, at, sign_in
from tests.chat.talking import all_said, begin, says_much
from tests.factories.creators import a_creator
from tests.factories.invoices import give_credit
from tests.factories.media import a_picture, picture_bytes
from tests.factories.people import Person, a_person, signed_in
from tests.support import eventually

# Each a silence, open once `allow()` was called.
MICROPHONES = """
    window.streams = [];
    window.allowed = new Promise((done) => (window.allow = done));
    navigator.mediaDevices.getUserMedia = async () => {
        await window.allowed;
        const made = new AudioContext().createMediaStreamDestination().stream;
        window.streams.push(made);
        return made;
    };
"""
PLAYS = """() => {
    const sound = document.querySelector("#m-2 audio");
    return sound && !sound.paused && sound.currentTime > 0.2;
}"""


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


def no_posts(route: Route) -> None:
    route.abort() if route.request.method == "POST" else route.continue_()


def a_quiet_note() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8_000)
        sound.writeframes(b"\x80" * 8_000 * 60)
    return out.getvalue()


def bubbles(tab: Page) -> Locator:
    return tab.locator("[data-thread] p.said")


@pytest.fixture
def both(app: Flask, open_tab: OpenTab, mara: Person, ben: Person, talk: str) -> tuple[Page, Page]:
    return at(app, open_tab(), mara, talk), at(app, open_tab(width=390), ben, talk)


def test_a_picture_is_sold_and_opened_before_the_eyes_of_both(
    app: Flask, both: tuple[Page, Page], mara: Person, ben: Person
) -> None:
    give_credit(app, ben, 1_000)
    host, fan = both
    host.get_by_label("Files and price").click()
    picture = FilePayload(name="negative.jpg", mimeType="image/jpeg", buffer=picture_bytes(400, 300))
    host.locator("[data-attach] [type=file]").set_input_files([picture])
    expect(host.locator("[data-attach] [name=media]")).to_be_enabled()
    host.get_by_label("Price to open it").fill("4.99")
    host.get_by_label("Words behind the price").fill("Nobody has seen this one")
    with app.app_context():
        runner.drain()
    expect(host.locator("[data-attach] .upload")).to_contain_text("Ready")
    write(host, "Something for you")
    expect(host.locator(".bubble")).to_contain_text(["", "not opened yet"])
    expect(host.locator("[data-attach]")).not_to_have_attribute("open", "")
    talk = fan.url
    fan.get_by_role("button", name="Open for $4.99").click()
    fan.get_by_role("button", name="Pay").first.click()
    fan.get_by_role("link", name="A message from Mara Ellison").click()
    expect(fan.get_by_text("Nobody has seen this one")).to_be_visible()
    expect(fan.locator("[data-gallery] img")).to_have_js_property("complete", True)
    expect(host.locator(".parcel-price")).to_contain_text("opened")
    fan.goto(talk)
    fits_in_every_shape(fan)


def test_what_was_refused_comes_back_whole_and_nothing_of_it_is_given_away(
    app: Flask, tab: Page, mara: Person, talk: str
) -> None:
    host = at(app, tab, mara, f"{talk}?answer=1")
    host.get_by_label("Files and price").click()
    picture = FilePayload(name="negative.jpg", mimeType="image/jpeg", buffer=picture_bytes(400, 300))
    host.locator("[data-attach] [type=file]").set_input_files([picture])
    expect(host.locator("[data-attach] [name=media]")).to_be_enabled()
    host.get_by_label("Price to open it").fill("0.20")
    host.get_by_label("Words behind the price").fill("Nobody has seen this one")
    write(host, "Something for you")
    expect(host.locator("#toasts")).to_contain_text("Choose a price between")
    expect(host.locator("[data-waits]")).to_have_count(0)
    expect(host.get_by_role("textbox", name="Write to")).to_have_value("Something for you")
    expect(host.get_by_label("Price to open it")).to_have_value("0.20")
    expect(host.get_by_label("Words behind the price")).to_have_value("Nobody has seen this one")
    expect(host.locator("[data-attach] .upload [data-move]")).to_have_count(2)
    expect(host.locator(".answering")).to_contain_text("Did the contact sheet arrive?")
    with app.app_context():
        runner.drain()
    expect(host.locator("[data-attach] .upload")).to_contain_text("Ready")
    host.get_by_label("Price to open it").fill("4.99")
    host.get_by_role("button", name="Send").click()
    sold = host.locator("#m-2")
    expect(sold).to_contain_text("not opened yet")
    expect(sold).to_contain_text("Nobody has seen this one")
    expect(sold.locator("[data-gallery] a")).to_have_count(1)
    expect(sold.locator(".quote")).to_contain_text("Did the contact sheet arrive?")


def test_what_was_refused_stands_before_what_is_typed_meanwhile(
    app: Flask, tab: Page, ben: Person, talk: str
) -> None:
    fan = at(app, tab, ben, talk)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    fan.route(f"**{talk}", hold)
    with fan.expect_request(f"**{talk}"):
        write(fan, "Look at https://example.com/")
    fan.get_by_role("textbox", name="Write to").fill("And the next")
    held[0].continue_()
    expect(fan.locator("#toasts")).to_contain_text("Addresses of other sites")
    typed = "Look at https://example.com/\nAnd the next"
    expect(fan.get_by_role("textbox", name="Write to")).to_have_value(typed)


def test_who_presses_record_twice_is_heard_once(app: Flask, tab: Page, mara: Person, talk: str) -> None:
    """While the browser asks for the microphone nothing seems to happen."""
    tab.add_init_script(MICROPHONES)
    host = at(app, tab, mara, talk)
    host.get_by_label("Files and price").click()
    record = host.locator("[data-record]")
    record.click()
    record.click()
    host.evaluate("allow()")
    expect(record).to_have_text("Stop")
    record.click()
    expect(host.locator("[data-attach] .upload")).to_have_count(1)
    tracks = host.evaluate("streams.flatMap((one) => one.getTracks().map((track) => track.readyState))")
    assert set(tracks) == {"ended"}


def test_what_one_writes_the_other_reads_at_once(both: tuple[Page, Page]) -> None:
    host, fan = both
    expect(fan.locator("[data-mark]")).to_have_text("Read")
    host.get_by_role("textbox", name="Write to").press_sequentially("Yes!")
    expect(fan.get_by_text("types …")).to_be_visible()
    host.keyboard.press("Enter")
    expect(bubbles(fan)).to_have_text(["Did the contact sheet arrive?", "Yes!"])
    expect(fan.get_by_text("types …")).to_be_hidden()
    expect(host.locator("[data-mark]")).to_have_text("Read")
    expect(host.get_by_role("textbox", name="Write to")).to_have_value("")


def test_what_is_written_without_a_connection_goes_out_in_order_and_once(
    app: Flask, both: tuple[Page, Page]
) -> None:
    host, fan = both
    fan.context.set_offline(True)
    for words in ("One", "Two", "Three"):
        write(fan, words)
    expect(fan.get_by_text("It goes out when the connection is back.")).to_be_visible()
    fan.context.set_offline(False)
    everything = ["Did the contact sheet arrive?", "One", "Two", "Three"]
    expect(bubbles(host)).to_have_text(everything)
    expect(bubbles(fan)).to_have_text(everything)
    expect(fan.locator("[data-waits]")).to_have_count(0)
    assert [words for *_, words in all_said(app)] == everything


def test_what_waited_goes_out_after_the_page_was_closed(
    app: Flask, both: tuple[Page, Page], talk: str
) -> None:
    host, fan = both
    fan.route(f"**{talk}", no_posts)
    line = fan.get_by_role("textbox", name="Write to")
    with fan.expect_response(f"**{talk}/draft"):
        line.fill("Not lost")
    write(fan, "Not lost")
    expect(fan.get_by_text("Not sent yet")).to_be_visible()
    fan.unroute(f"**{talk}")
    fan.reload()
    expect(bubbles(host).last).to_have_text("Not lost")
    expect(line).to_have_value("")
    expect(fan.locator("[data-waits]")).to_have_count(0)
    assert [words for *_, words in all_said(app)].count("Not lost") == 1
    fan.wait_for_function("() => !Object.keys(localStorage).some((key) => key.startsWith('unsent:'))")


def test_what_was_written_before_signing_in_anew_elsewhere_goes_out_after_a_reload(
    app: Flask, both: tuple[Page, Page], ben: Person
) -> None:
    host, fan = both
    sign_in(fan, app, ben)
    for words in ("One", "Two"):
        write(fan, words)
    expect(fan.get_by_text("Reload the page, and it goes out.")).to_be_visible()
    fan.reload()
    expect(bubbles(host)).to_have_text(["Did the contact sheet arrive?", "One", "Two"])


def test_what_waited_until_the_session_ended_goes_out_after_signing_in(
    app: Flask, both: tuple[Page, Page], ben: Person, talk: str
) -> None:
    host, fan = both
    fan.route(f"**{talk}", no_posts)
    write(fan, "Not lost")
    expect(fan.get_by_text("Not sent yet")).to_be_visible()
    fan.unroute(f"**{talk}")
    # It is sent before the page is gone.
    fan.route("**/login?**", lambda route: route.fulfill(status=204))
    with fan.expect_request("**/login?**"), app.app_context(), transaction():
        sessions.end_all(ben.id, because="signed out elsewhere")
    with fan.expect_response(f"**{talk}") as sent:
        fan.evaluate("dispatchEvent(new Event('online'))")
    assert sent.value.header_value("HX-Redirect")
    sign_in(fan, app, ben)
    fan.goto(talk)
    expect(bubbles(host).last).to_have_text("Not lost")
    expect(fan.locator("[data-waits]")).to_have_count(0)
    assert [words for *_, words in all_said(app)].count("Not lost") == 1


def test_a_first_word_that_is_typed_as_the_session_ends_is_there_again(
    app: Flask, tab: Page, mara: Person, ben: Person
) -> None:
    at(app, tab, ben, "/messages/to/mara")
    tab.get_by_role("textbox", name="Write to").fill("Dear Mara")
    with app.app_context(), transaction():
        sessions.end_all(ben.id, because="signed out elsewhere")
    tab.wait_for_url("**/login?ended=1**")
    at(app, tab, ben, "/messages/to/mara")
    expect(tab.get_by_role("textbox", name="Write to")).to_have_value("Dear Mara")


def test_what_was_begun_is_kept_however_soon_one_leaves(
    app: Flask, tab: Page, ben: Person, talk: str
) -> None:
    at(app, tab, ben, talk)
    tab.get_by_role("textbox", name="Write to").fill("Half a thought")
    tab.goto("/messages")
    fan = signed_in(app, ben)
    eventually(lambda: fan.get(talk).form(talk).fields["body"] == "Half a thought")


def test_what_waited_in_two_tabs_goes_out_after_both_are_gone(
    app: Flask, both: tuple[Page, Page], talk: str
) -> None:
    host, fan = both
    second = fan.context.new_page()
    second.goto(talk)
    # Not `set_offline`: that ends for the one tab as soon as the other has left.
    fan.context.route(f"**{talk}", no_posts)
    write(fan, "One")
    write(second, "Two")
    expect(second.get_by_text("Not sent yet")).to_be_visible()
    for one in (fan, second):
        one.goto("about:blank")
    fan.context.unroute(f"**{talk}")
    fan.goto(talk)
    everything = ["Did the contact sheet arrive?", "One", "Two"]
    expect(bubbles(host)).to_have_text(everything)
    expect(fan.locator("[data-waits]")).to_have_count(0)
    fan.wait_for_function("() => !Object.keys(localStorage).some((key) => key.startsWith('unsent:'))")
    assert [words for *_, words in all_said(app)] == everything


def test_what_waited_does_so_no_more_on_a_page_of_the_past(
    app: Flask, both: tuple[Page, Page], ben: Person, talk: str
) -> None:
    says_much(app, ben, talk, (f"Number {number}" for number in range(2, 92)))
    _, fan = both
    fan.route(f"**{talk}", no_posts)
    write(fan, "Late")
    expect(fan.get_by_text("Not sent yet")).to_be_visible()
    fan.goto(f"{talk}?around=5")
    expect(fan.locator("[data-later]")).to_be_attached()
    expect(fan.get_by_text("Not sent yet")).to_be_visible()
    fan.unroute(f"**{talk}")
    expect(fan.locator("[data-waits]")).to_have_count(0)
    assert [words for *_, words in all_said(app)][-1] == "Late"


def test_an_answer_that_got_lost_is_not_a_second_message(
    app: Flask, both: tuple[Page, Page], talk: str
) -> None:
    host, fan = both
    lost: list[int] = []

    def lose(route: Route) -> None:
        if route.request.method != "POST" or lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    fan.route(f"**{talk}", lose)
    # The message itself comes by the socket, perhaps before its answer is lost.
    with fan.expect_event("requestfailed"):
        write(fan, "Once")
    expect(bubbles(host)).to_have_text(["Did the contact sheet arrive?", "Once"])
    expect(fan.locator("[data-waits]")).to_have_count(0)
    expect(bubbles(fan)).to_have_text(["Did the contact sheet arrive?", "Once"])
    assert lost == [200]
    fan.wait_for_function("() => !Object.keys(localStorage).some((key) => key.startsWith('unsent:'))")
    assert [words for *_, words in all_said(app)].count("Once") == 1


def test_a_draft_that_is_slow_does_not_bring_back_what_was_sent(both: tuple[Page, Page], talk: str) -> None:
    host, fan = both
    drafts: list[Route] = []

    def hold(route: Route) -> None:
        drafts.append(route)

    fan.route(f"**{talk}/draft", hold)
    line = fan.get_by_role("textbox", name="Write to")
    with fan.expect_request(f"**{talk}/draft"):
        line.fill("Said once")
    sent: list[str] = []
    fan.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    fan.get_by_role("button", name="Send").click()
    expect(fan.get_by_text("Sends …")).to_be_visible()
    assert not [address for address in sent if address.endswith(talk)], "after the draft, not before it"
    drafts[0].continue_()
    expect(bubbles(host).last).to_have_text("Said once")
    fan.reload()
    expect(bubbles(fan).last).to_have_text("Said once")
    expect(line).to_have_value("")


def test_what_is_typed_while_a_message_waits_is_kept_when_it_went_out(
    app: Flask, both: tuple[Page, Page], ben: Person, talk: str
) -> None:
    host, fan = both
    fan.route(f"**{talk}", no_posts)
    write(fan, "First this")
    expect(fan.get_by_text("Not sent yet")).to_be_visible()
    with fan.expect_response(f"**{talk}/draft"):
        fan.get_by_role("textbox", name="Write to").fill("Then this")
    fan.unroute(f"**{talk}")
    expect(bubbles(host).last).to_have_text("First this")
    elsewhere = signed_in(app, ben)
    eventually(lambda: elsewhere.get(talk).form(talk).fields["body"] == "Then this")


def test_as_many_words_as_a_message_takes_are_sent_in_any_script(app: Flask, both: tuple[Page, Page]) -> None:
    host, fan = both
    host.get_by_label("Files and price").click()
    host.get_by_label("Price to open it").fill("4.99")
    host.get_by_label("Words behind the price").fill("海" * 4_000)
    write(host, "あ" * 4_000)
    expect(fan.locator("#m-2")).to_contain_text("Open for $4.99")
    expect(host.locator("[data-waits]")).to_have_count(0)


def test_two_tabs_of_one_person_show_the_same(app: Flask, both: tuple[Page, Page], talk: str) -> None:
    _, fan = both
    second = fan.context.new_page()
    second.goto(talk)
    expect(second.locator(ON)).to_be_attached()
    write(fan, "From the first")
    expect(bubbles(second).last).to_have_text("From the first")
    write(second, "From the second")
    for one in (fan, second):
        expect(bubbles(one)).to_have_text(
            ["Did the contact sheet arrive?", "From the first", "From the second"]
        )


def test_a_page_that_missed_something_catches_up(
    app: Flask, both: tuple[Page, Page], ben: Person, talk: str
) -> None:
    """Said while its socket was gone, and not told again."""
    host, fan = both
    host.context.set_offline(True)
    says_much(app, ben, talk, ["While you were away", "And more"])
    expect(bubbles(fan)).to_have_count(3)
    host.context.set_offline(False)
    expect(bubbles(host)).to_have_text(["Did the contact sheet arrive?", "While you were away", "And more"])


def test_a_notice_that_comes_twice_or_out_of_order_does_no_harm(
    app: Flask, both: tuple[Page, Page], mara: Person, ben: Person, talk: str
) -> None:
    host, fan = both
    write(fan, "Once")
    expect(bubbles(host)).to_have_count(2)
    html = str(host.locator("#m-2").evaluate("one => one.outerHTML"))
    notice = {"conversation": talk.rpartition("/")[2], "seq": 2, "change": 2, "mine": False, "message": html}
    with app.app_context():
        realtime.push_user(mara.id, "message", notice)
        realtime.push_user(mara.id, "message", notice)
    write(fan, "And again")
    expect(bubbles(host)).to_have_text(["Did the contact sheet arrive?", "Once", "And again"])


def test_a_sign_and_a_change_of_mind_reach_the_other(both: tuple[Page, Page]) -> None:
    host, fan = both
    host.get_by_role("link", name="About this message").click()
    host.get_by_role("dialog").get_by_role("button", name="🔥").click()
    expect(fan.locator("#m-1 .signs")).to_have_text("🔥")
    expect(host.get_by_role("dialog")).to_have_count(0)
    fan.get_by_role("link", name="About this message").click()
    fan.get_by_role("dialog").get_by_role("textbox", name="Change it").fill("Did the sheet arrive?")
    fan.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(bubbles(host)).to_have_text(["Did the sheet arrive?"])
    fan.get_by_role("link", name="About this message").click()
    fan.get_by_role("dialog").get_by_role("button", name="Take it back").click()
    expect(bubbles(host)).to_have_text(["Taken back."])
    expect(bubbles(fan)).to_have_text(["You took this back."])


def test_the_list_moves_as_messages_come(app: Flask, tab: Page, mara: Person, ben: Person, talk: str) -> None:
    zoe = a_person(app, "zoe")
    begin(signed_in(app, zoe), "mara", "Me too")
    at(app, tab, mara, "/messages")
    names = tab.locator("#talks .name")
    expect(names).to_have_text(["Zoe", "Ben"])
    says_much(app, ben, talk, ["Hello?"])
    expect(names).to_have_text(["Ben", "Zoe"])
    expect(tab.locator("#talks li").first).to_contain_text("Hello?")


def test_the_list_keeps_the_place_of_who_reads_further_down(
    app: Flask, tab: Page, mara: Person, ben: Person, talk: str
) -> None:
    many = [a_person(app, f"fan{number}") for number in range(34)]
    first, *_ = [begin(signed_in(app, one), "mara", "Hello") for one in many]
    at(app, tab, mara, "/messages")
    tab.evaluate("scrollTo(0, document.body.scrollHeight)")
    lines = tab.locator("#talks li[id]")
    expect(lines).to_have_count(35)
    line = tab.locator("#talks a").filter(has_text="Fan1").last
    line.focus()
    says_much(app, many[0], first, ["And once more"])
    expect(lines.first).to_contain_text("And once more")
    expect(lines.first).to_have_class("talk-new")
    expect(lines).to_have_count(35)
    expect(line).to_be_focused()
    names = lines.locator(".name").all_inner_texts()
    assert names == ["Fan0", *(f"Fan{number}" for number in range(33, 0, -1)), "Ben"]


def test_what_plays_goes_on_and_the_focus_stays_when_a_sign_comes(
    app: Flask, both: tuple[Page, Page], ben: Person, talk: str
) -> None:
    with app.app_context():
        size = storage().put("media/note.wav", io.BytesIO(a_quiet_note()), "audio/wav")
    made = {"audio": {"key": "media/note.wav", "w": 0, "h": 0, "type": "audio/wav", "bytes": size}}
    note = a_picture(
        app, ben, purpose="message", kind="audio", attached=False, duration_ms=60_000, renditions=made
    )
    fan = signed_in(app, ben)
    fan.send(fan.get(talk).form(talk), body="Listen", media=[note["id"]])
    host, _ = both
    host.locator("#m-2 audio").evaluate("sound => void sound.play()")
    host.wait_for_function(PLAYS)
    host.locator("#m-2").get_by_role("link", name="About this message").click()
    host.get_by_role("dialog").get_by_role("button", name="👏").click()
    expect(host.locator("#m-2 .signs")).to_have_text("👏")
    host.wait_for_function(PLAYS)
    expect(host.locator("#m-2").get_by_role("link", name="About this message")).to_be_focused()


def test_only_what_is_new_is_read_out(app: Flask, tab: Page, mara: Person, ben: Person, talk: str) -> None:
    says_much(app, ben, talk, (f"Number {number}" for number in range(2, 40)))
    at(app, tab, mara, talk)
    tab.evaluate(
        """() => {
            window.changed = [];
            new MutationObserver((all) => all.forEach(({ addedNodes, target }) =>
                window.changed.push(...[...addedNodes].map((one) => target.id + " " + (one.id ?? "")))))
            .observe(document.querySelector("[data-thread]"), { childList: true, subtree: true });
        }"""
    )
    says_much(app, ben, talk, ["Number 40"])
    expect(bubbles(tab).last).to_have_text("Number 40")
    assert tab.evaluate("window.changed") == ["thread m-40", " "]
    # What could not be fetched is asked for again, and what comes then is read out as well.
    tab.route("**?before=*", lambda route: route.fulfill(status=204))
    with tab.expect_response("**?before=*"):
        tab.evaluate("scrollTo(0, 0)")
    expect(tab.locator("[data-thread]")).to_have_js_property("ariaLive", "polite")
    tab.unroute("**?before=*")
    tab.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(bubbles(tab).last).to_be_in_viewport()
    tab.evaluate("scrollTo(0, 0)")
    expect(tab.locator("#m-1")).to_be_attached()


def test_earlier_messages_come_as_one_scrolls(
    app: Flask, tab: Page, mara: Person, ben: Person, talk: str
) -> None:
    says_much(app, ben, talk, (f"Number {number}" for number in range(2, 92)))
    at(app, tab, mara, talk)
    expect(bubbles(tab).last).to_be_in_viewport()
    tab.evaluate("scrollTo(0, 0)")
    expect(tab.locator("li[data-seq]").first).to_have_attribute("data-seq", "32")
    tab.evaluate("scrollTo(0, 0)")
    expect(tab.locator("#m-2")).to_be_attached()
    numbers = tab.locator("li[data-seq]").evaluate_all("all => all.map((one) => Number(one.dataset.seq))")
    assert numbers == list(range(numbers[0], 92))


def test_the_pages_fit_every_screen_and_are_read_by_everybody(
    app: Flask, open_tab: OpenTab, mara: Person, ben: Person, talk: str
) -> None:
    signed_in(app, mara).send(signed_in(app, mara).get(f"{talk}/1").form(f"{talk}/1/react"), sign="🔥")
    says_much(app, mara, talk, ["Look: https://example.com/" + "x" * 90, "A" * 300])
    tab = open_tab(width=390)
    sign_in(tab, app, ben)
    for path in ("/messages", talk, f"{talk}/1", "/settings/messages", f"{talk}?answer=2"):
        tab.goto(path)
        fits_in_every_shape(tab)


def test_what_waits_stands_on_the_door(app: Flask, tab: Page, mara: Person, ben: Person, talk: str) -> None:
    at(app, tab, mara, "/feed")
    door = tab.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Messages")
    expect(door).to_have_accessible_name("Messages 1 new")
    begin(signed_in(app, a_person(app, "zoe")), "mara", "Me too")
    expect(door).to_have_accessible_name("Messages 2 new")
    tab.goto(talk)
    expect(door).to_have_accessible_name("Messages 1 new")
