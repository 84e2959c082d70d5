"""Reading posts in a browser: every state of a page in every shape, and what the scripts add."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import APIResponse, Page, Route, expect

from app.accounts.operations import sessions
from app.entitlements.operations import grants
from app.entitlements.rules import Kind
from app.kit import clock
from app.platform.transaction import transaction
from app.posts.operations import commenting, liking
from tests.browser.pages import SHAPES, fits, fits_and_is_accessible, fits_in_every_shape
from tests.browser.tabs import OpenTab, sign_in, take_shape
from tests.factories.creators import a_creator, a_tier, follows
from tests.factories.media import a_picture
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_poll, a_post, some_comments
from tests.support import eventually

LONG = "".join(
    f"<p>Part {number}. The night train leaves at ten, and nobody on the platform speaks.</p>"
    for number in range(1, 12)
)
MARKDOWN = (
    "<h3>What to bring</h3><ul><li>A lamp</li><li>Two blankets</li></ul>"
    f"<blockquote><p>Sleep well.</p></blockquote><pre><code>{'a_long_line = 1; ' * 12}</code></pre>"
)


def pictures(app: Flask, owner: Person, count: int, *, public: bool = True) -> list[dict[str, Any]]:
    words = ["A platform at night", "", "Two lamps", "Snow on the rails"]
    return [a_picture(app, owner, public=public, alt=words[number % 4]) for number in range(count)]


class House:
    """A creator with posts in every state, and a reader."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.mara = a_creator(app, "mara", display_name="Mara Lindqvist", avatar_hue=3)
        self.ben = a_person(app, "ben")
        a_tier(app, self.mara, "Silver", price=500)
        a_tier(app, self.mara, "Gold", price=1_200)

    def post(self, title: str, *, media: int = 0, **values: Any) -> UUID:
        public = values.get("audience", "public") == "public"
        shown = pictures(self.app, self.mara, media, public=public)
        return a_post(self.app, self.mara.id, title=title, media=shown, **values)

    def posts(self) -> dict[str, UUID]:
        gated: dict[str, Any] = {"media": 1, "teaser": "Twelve carriages, one of them dark."}
        found = {
            "long": self.post("Night trains", body_html=LONG + MARKDOWN, link=LINK),
            "gallery": self.post("Five platforms", media=5),
            "one": self.post("One lamp", media=1),
            "followers": self.post("For followers", audience="followers", **gated),
            "subscribers": self.post("The dark carriage", audience="subscribers", rank=2, price=499, **gated),
            "tier": self.post("Timetable", audience="subscribers", rank=1, **gated),
            "paid": self.post("The whole film", audience="paid", price=1_900, **gated),
            "adult": self.post("After midnight", adult=True),
            "poll": self.post("Where next?"),
            "untitled": self.post("", body_html="<p>مرحبا 🌅 just a word</p>"),
        }
        a_poll(self.app, found["poll"], ("The sea", "The hills", "Nowhere at all"))
        said = ["Wonderful 🌅", "مرحبا بالعالم", "Ask @mara, she knows. " + "And more words. " * 20]
        some_comments(self.app, found["long"], self.ben.id, said)
        some_comments(self.app, found["long"], self.ben.id, ["Buy this"], state="held")
        some_comments(self.app, found["gallery"], self.mara.id, [f"Nr {number}" for number in range(25)])
        return found


LINK = {"href": "https://example.test/trains", "title": "A timetable of night trains", "host": "example.test"}
# Words that stand outside of the box they belong to, although the page itself does not scroll.
OUTSIDE = """() => [...document.querySelectorAll("main .card, main .gate, main .option, main .post > header")]
    .filter((box) => [...box.querySelectorAll("h1, h2, h3, p, b, span, a, button")].some((one) => {
        const inner = one.getBoundingClientRect(), outer = box.getBoundingClientRect();
        const placed = inner.width > 1 && getComputedStyle(one).position === "static";
        return placed && inner.right > outer.right + 1;
    })).map((box) => box.className)"""
# Where the first letter of its last line of text stands, and where the full stop behind it.
FIRST_AND_LAST = """(one) => {
    const text = one.firstChild, range = document.createRange();
    const at = (place) => {
        range.setStart(text, place);
        range.setEnd(text, place + 1);
        return range.getBoundingClientRect().left;
    };
    return [at(text.data.lastIndexOf("\\n") + 1), at(text.data.length - 1)];
}"""
UNBROKEN = "https://example.test/" + "a-very-long-address-without-a-break/" * 4


@pytest.fixture
def house(app: Flask) -> House:
    return House(app)


def test_every_state_of_a_post_fits_and_is_accessible(app: Flask, house: House, tab: Page) -> None:
    posts = house.posts()
    for post in posts.values():
        tab.goto(f"/posts/{post}")
        fits_in_every_shape(tab)
    sign_in(tab, app, house.ben)
    with app.app_context(), transaction():
        for post in posts.values():
            liking.keep(house.ben.id, post, True)
        grants.grant(house.ben.id, posts["paid"], Kind.PURCHASE, cause="a test")
    for path in [
        "/bookmarks",
        *(f"/posts/{posts[name]}" for name in ("long", "poll", "paid", "subscribers")),
    ]:
        tab.goto(path)
        fits_in_every_shape(tab)
    sign_in(tab, app, house.mara)
    tab.goto(f"/posts/{posts['long']}")
    fits_in_every_shape(tab)
    tab.locator("li.comment summary").last.click()
    for width, theme in SHAPES:
        take_shape(tab, width, theme)
        fits(tab)


def test_pictures_open_over_the_page_and_are_gone_through(house: House, open_tab: OpenTab) -> None:
    tab = open_tab()
    tab.goto(f"/posts/{house.post('Five platforms', media=3)}")
    tab.locator("[data-gallery] a").first.click()
    dialog, words = tab.get_by_role("dialog"), tab.locator("#lightbox [aria-live]")
    expect(dialog).to_be_visible()
    expect(words).to_have_text("1 of 3: A platform at night")
    fits_and_is_accessible(tab)
    tab.keyboard.press("ArrowRight")
    expect(words).to_have_text("2 of 3")
    tab.get_by_role("button", name="The next one").click()
    expect(words).to_have_text("3 of 3: Two lamps")
    tab.keyboard.press("ArrowRight")
    expect(words).to_have_text("1 of 3: A platform at night")
    tab.keyboard.press("ArrowLeft")
    expect(words).to_have_text("3 of 3: Two lamps")
    tab.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(tab.locator("#picture-3")).to_be_focused()


def test_on_a_phone_pictures_are_swiped(house: House, open_tab: OpenTab) -> None:
    tab = open_tab(width=390)
    tab.goto(f"/posts/{house.post('Five platforms', media=3)}")
    tab.locator("[data-gallery] a").first.tap()
    words = tab.locator("#lightbox [aria-live]")
    expect(words).to_contain_text("1 of 3")
    touch = {"pointerType": "touch", "bubbles": True, "isPrimary": True}
    tab.locator("#lightbox").dispatch_event("pointerdown", {**touch, "clientX": 300})
    tab.locator("#lightbox").dispatch_event("pointerup", {**touch, "clientX": 100})
    expect(words).to_contain_text("2 of 3")


def test_without_scripts_a_picture_leads_to_the_large_one(house: House, open_tab: OpenTab) -> None:
    tab = open_tab(js=False)
    tab.goto(f"/posts/{house.post('Two platforms', media=2)}")
    large = tab.locator("[data-gallery] a").first.get_attribute("href")
    answer = tab.request.get(str(large))
    assert (answer.status, answer.headers["content-type"]) == (200, "image/webp")


@pytest.mark.parametrize("js", [True, False])
def test_a_reader_likes_keeps_votes_and_comments(
    app: Flask, house: House, open_tab: OpenTab, js: bool
) -> None:
    post = house.post("Where next?")
    a_poll(app, post, ("The sea", "The hills"))
    tab = open_tab(js=js)
    sign_in(tab, app, house.ben)
    tab.goto(f"/posts/{post}")
    tab.get_by_role("button", name="Like, 0").click()
    expect(tab.get_by_role("button", name="Like, 1")).to_have_attribute("aria-pressed", "true")
    tab.get_by_role("button", name="Bookmark").click()
    expect(tab.get_by_role("button", name="Bookmark")).to_have_attribute("aria-pressed", "true")
    tab.get_by_label("The hills").check()
    tab.get_by_role("button", name="Vote").click()
    expect(tab.get_by_text("1 vote", exact=True)).to_be_visible()
    write(tab, "Good night 🌙")
    expect(tab.locator(".said")).to_have_text("Good night 🌙")
    expect(tab.locator("#comment-count")).to_have_text("1")


def test_a_comment_that_comes_while_another_is_being_fetched_is_shown_too(
    app: Flask, house: House, tab: Page
) -> None:
    post = house.post("Night trains")
    sign_in(tab, app, house.ben)
    tab.goto(f"/posts/{post}")
    expect(tab.locator("html[data-live=on]")).to_be_attached()
    tab.evaluate("document.addEventListener('live:comment', () => (window.heard = (window.heard ?? 0) + 1))")
    held: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        route.continue_() if held else held.append((route, route.fetch()))

    tab.route("**/comments?*", hold_the_first)
    writer = signed_in(app, a_person(app, "zoe"))
    form = writer.get(f"/posts/{post}").form(f"/posts/{post}/comments")
    with tab.expect_request("**/comments?*"):
        writer.send(form, body="One")
    eventually(lambda: tab.title() and held)
    writer.send(writer.get(f"/posts/{post}").form(f"/posts/{post}/comments"), body="Two")
    tab.wait_for_function("() => window.heard === 2")
    route, answer = held[0]
    route.fulfill(response=answer)
    expect(tab.locator(".said")).to_have_text(["One", "Two"])
    write(tab, "Three")
    expect(tab.locator(".said")).to_have_text(["One", "Two", "Three"])


def test_what_is_being_written_stays_when_an_answer_got_lost(app: Flask, house: House, tab: Page) -> None:
    post = house.post("Night trains")
    sign_in(tab, app, house.ben)
    tab.goto(f"/posts/{post}#comments")
    tab.get_by_label("Your comment").fill("Half a com")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    tab.route("**/like", lose)
    tab.get_by_role("button", name="Like, 0").click()
    expect(tab.get_by_text("The connection dropped.")).to_be_visible()
    tab.unroute("**/like")
    tab.get_by_role("button", name="Like, 0").click()
    expect(tab.get_by_role("button", name="Like, 1")).to_be_visible()
    expect(tab.get_by_label("Your comment")).to_have_value("Half a com")
    # What was sent and only its answer lost is not there to be sent once more.
    tab.route("**/comments", lose)
    tab.get_by_role("button", name="Comment", exact=True).click()
    expect(tab.get_by_text("The connection dropped.")).to_be_visible()
    tab.unroute("**/comments")
    tab.get_by_role("button", name="Comment", exact=True).click()
    expect(tab.locator(".said")).to_have_text("Half a com")
    expect(tab.get_by_label("Your comment")).to_have_value("")


def write(tab: Page, words: str) -> None:
    tab.get_by_label("Your comment").fill(words)
    tab.get_by_role("button", name="Comment", exact=True).click()


def test_a_comment_is_changed_and_deleted_where_it_stands(
    app: Flask, house: House, open_tab: OpenTab
) -> None:
    post = house.post("Night trains")
    some_comments(app, post, house.ben.id, ["Helo"])
    tab = open_tab()
    sign_in(tab, app, house.ben)
    tab.goto(f"/posts/{post}")
    choose(tab, "Edit")
    tab.get_by_label("Change your comment").fill("Hello")
    tab.get_by_role("button", name="Save").click()
    expect(tab.locator(".said")).to_have_text("Hello")
    assert tab.url.endswith(str(post)), "the page stayed"
    choose(tab, "Delete")
    expect(tab.locator(".said")).to_have_count(0)


def choose(tab: Page, what: str) -> None:
    tab.locator("li.comment summary").click()
    tab.locator("li.comment .menu-list").get_by_text(what, exact=True).click()


def test_who_goes_on_by_keyboard_stays_where_they_were(app: Flask, house: House, tab: Page) -> None:
    post = house.post("Where next?")
    a_poll(app, post, ("The sea", "The hills"))
    some_comments(app, post, house.ben.id, ["Helo"])
    sign_in(tab, app, house.ben)
    tab.goto(f"/posts/{post}")

    def press(name: str, *, then: str | None = None) -> None:
        tab.get_by_role("button", name=name, exact=True).press("Enter")
        expect(tab.get_by_role("button", name=then or name, exact=True)).to_be_focused()

    press("Like, 0", then="Like, 1")
    press("Bookmark")
    tab.get_by_label("The hills").check()
    press("Vote", then="Change my vote")
    menu = tab.locator("li.comment summary")
    menu.press("Enter")
    tab.get_by_role("link", name="Edit", exact=True).press("Enter")
    expect(tab.get_by_label("Change your comment")).to_be_focused()
    tab.get_by_role("button", name="Save", exact=True).press("Enter")
    expect(menu).to_be_focused()
    menu.press("Enter")
    tab.get_by_role("button", name="Delete", exact=True).press("Enter")
    expect(tab.get_by_text("The comment is deleted.")).to_be_focused()
    tab.get_by_label("Your comment").fill("Hello")
    press("Comment")
    expect(tab.locator(".said")).to_have_text("Hello")


def test_what_others_say_appears_on_open_pages(app: Flask, house: House, open_tab: OpenTab) -> None:
    post = house.post("Night trains")
    tab = open_tab()
    sign_in(tab, app, house.ben)
    tab.goto(f"/posts/{post}")
    expect(tab.locator("html[data-live=on]")).to_be_attached()
    with app.app_context(), transaction():
        commenting.write(house.mara.id, post, "The train is late")
    expect(tab.locator(".said")).to_have_text("The train is late")


def test_an_adult_post_asks_once(app: Flask, house: House, open_tab: OpenTab) -> None:
    post = house.post("After midnight", adult=True)
    tab = open_tab(width=390)
    tab.goto(f"/posts/{post}")
    tab.get_by_role("button", name="I am 18 or older").click()
    expect(tab.locator(".prose")).to_be_visible()
    tab.reload()
    expect(tab.locator(".prose")).to_be_visible()


def test_a_poll_that_closed_shows_how_it_ended(app: Flask, house: House, open_tab: OpenTab) -> None:
    post = house.post("Where next?")
    a_poll(app, post, closes_at=clock.now() - timedelta(hours=1))
    tab = open_tab()
    sign_in(tab, app, house.ben)
    tab.goto(f"/posts/{post}")
    expect(tab.locator("#poll")).to_contain_text("closed")
    expect(tab.locator("#poll input")).to_have_count(0)


def test_an_open_menu_of_a_comment_leaves_the_next_ones_within_reach(app: Flask, open_tab: OpenTab) -> None:
    house = House(app)
    post = house.post("Night trains")
    some_comments(app, post, house.ben.id, ["Short", "Words " * 12, "More words " * 16, "Short", "Last"])
    tab = open_tab(width=390)
    for person in (house.mara, house.ben):
        sign_in(tab, app, person)
        tab.goto(f"/posts/{post}")
        menus = tab.locator("li.comment summary")
        for number in range(menus.count()):
            menus.nth(number).click()
            expect(tab.locator("details[data-menu][open]")).to_have_count(1)
            fits_and_is_accessible(tab)


def test_each_paragraph_is_read_from_its_own_side(app: Flask, house: House, open_tab: OpenTab) -> None:
    """Whatever language the text above it is in; and the least heading can be read as well as the text."""
    hebrew = "\u05e9\u05dc\u05d5\u05dd."
    body = f"<h2>Hello</h2><p>{hebrew}</p><h6>Least</h6><p>And on.</p>"
    post = house.post("Two languages", body_html=body)
    some_comments(app, post, house.ben.id, [f"Hello\n{hebrew}"])
    tab = open_tab()
    tab.goto(f"/posts/{post}")
    gaps = [tab.locator(where).evaluate(FIRST_AND_LAST) for where in (".prose p >> nth=0", ".said")]
    assert all(end < begin for begin, end in gaps), gaps
    sizes = [
        tab.locator(f".prose {one} >> nth=0").evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")
        for one in ("h6", "p")
    ]
    assert sizes[0] >= sizes[1]


def test_one_long_word_breaks_no_page(app: Flask, open_tab: OpenTab) -> None:
    mara = a_creator(app, "mara", display_name="Лъчезараλουλούδι" * 3, headline="Светлина" * 12)
    tier = "Rindfleischetikettierungsüberwachungs"
    a_tier(app, mara, tier, price=500)
    shown = {"title": UNBROKEN[:150], "teaser": UNBROKEN, "body_html": f"<p>{UNBROKEN}</p>"}
    link = {"href": UNBROKEN, "title": UNBROKEN, "host": "example.test"}
    posts = [
        a_post(app, mara.id, **shown, link=link),
        a_post(app, mara.id, **shown, audience="subscribers", rank=1, price=499),
    ]
    a_poll(app, posts[0], ("Sea" * 26, "Hills"))
    some_comments(app, posts[0], mara.id, [UNBROKEN])
    tab = open_tab(width=390)
    ben = a_person(app, "ben")
    follows(app, ben, mara)
    sign_in(tab, app, ben)
    pages = [
        "/feed",
        "/@mara",
        "/@mara/tiers",
        "/@mara/about",
        "/creators",
        "/search?q=example",
        *(f"/posts/{post}" for post in posts),
    ]
    for path in pages:
        tab.goto(path)
        for width, theme in SHAPES:
            take_shape(tab, width, theme)
            fits(tab)
            assert tab.evaluate(OUTSIDE) == [], f"{path} at {width}"


def test_a_host_is_asked_before_somebody_is_blocked_for_a_comment(
    app: Flask, house: House, open_tab: OpenTab
) -> None:
    post = house.post("Night trains")
    some_comments(app, post, house.ben.id, ["Rude"])
    tab = open_tab(width=390)
    sign_in(tab, app, house.mara)
    tab.goto(f"/posts/{post}")
    tab.locator("li.comment summary").click()
    tab.locator("li.comment").get_by_role("link", name="Block").click()
    dialog = tab.get_by_role("dialog")
    expect(dialog).to_contain_text("They are not told")
    fits_and_is_accessible(tab)
    dialog.get_by_role("link", name="Leave it").click()
    expect(dialog).to_have_count(0)
    expect(tab.locator(".said")).to_have_text("Rude")
    tab.locator("li.comment summary").click()
    tab.locator("li.comment").get_by_role("link", name="Block").click()
    dialog.get_by_role("button", name="Block").click()
    expect(tab.get_by_text("Blocked. They do not see")).to_be_visible()


@pytest.mark.parametrize("js", [True, False])
def test_a_creator_decides_about_comments_that_wait(
    app: Flask, house: House, open_tab: OpenTab, js: bool
) -> None:
    post = house.post("Night trains")
    held = ["Buy this", "And this. " * 30, UNBROKEN]
    some_comments(app, post, house.ben.id, held, state="held")
    tab = open_tab(js=js)
    sign_in(tab, app, house.mara)
    tab.goto("/dashboard")
    tab.get_by_role("link", name="Comments that wait").click()
    expect(tab.locator(".said")).to_have_count(3)
    if js:
        fits_in_every_shape(tab)
    tab.get_by_role("button", name="Show").first.click()
    expect(tab.get_by_text("The comment is shown now.")).to_be_visible()
    tab.get_by_role("button", name="Delete").first.click()
    expect(tab.locator(".said")).to_have_text(UNBROKEN)
    tab.locator("li.comment").get_by_role("link", name="Block").click()
    tab.get_by_role("button", name="Block").click()
    expect(tab.get_by_text("No comment waits")).to_be_visible()


def test_following_beside_a_post_changes_the_button_alone(
    app: Flask, house: House, open_tab: OpenTab
) -> None:
    tab = open_tab()
    sign_in(tab, app, house.ben)
    tab.goto(f"/posts/{house.post('Night trains')}")
    tab.get_by_label("Your comment").fill("Half a sentence")
    tab.get_by_role("button", name="Follow Mara Lindqvist").click()
    expect(tab.locator("#followers")).to_have_text("1 follower")
    tab.get_by_role("button", name="Following").click()
    expect(tab.locator("#followers")).to_have_text("0 followers")
    expect(tab.get_by_label("Your comment")).to_have_value("Half a sentence")


@pytest.mark.parametrize("where", ["comment", "page"])
def test_what_is_typed_as_the_session_ends_is_there_again(
    app: Flask, house: House, open_tab: OpenTab, where: str
) -> None:
    post = house.post("Night trains")
    path, field = {"comment": (f"/posts/{post}", "#body"), "page": ("/dashboard/page", "#about")}[where]
    tab = open_tab()
    sign_in(tab, app, house.mara)
    tab.goto(path)
    expect(tab.locator("html[data-live=on]")).to_be_attached()
    tab.locator(field).fill("A long thought")
    with app.app_context(), transaction():
        sessions.end_all(house.mara.id, because="signed out elsewhere")
    tab.wait_for_url("**/login?ended=1**")
    sign_in(tab, app, house.ben if where == "comment" else house.mara)
    tab.goto(path)
    if where == "comment":
        expect(tab.locator(field)).to_have_value("")
        sign_in(tab, app, house.mara)
        tab.goto(path)
    expect(tab.locator(field)).to_have_value("A long thought")
    expect(tab.get_by_text("What you had typed is back.")).to_be_visible()
    tab.reload()
    expect(tab.locator(field)).to_have_value("")


def test_without_scripts_a_date_is_read_to_its_end(house: House, open_tab: OpenTab) -> None:
    tab = open_tab(width=390, js=False)
    tab.goto(f"/posts/{house.post('Night trains')}")
    # Evaluating is the test's own doing, and works without the page's scripts.
    line = tab.locator(".post > header .soft")
    assert line.evaluate("(line) => line.scrollWidth <= line.clientWidth")
    expect(line).to_contain_text("UTC")
