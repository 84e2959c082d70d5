"""The feed and a creator's posts in a real browser."""

from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.pages import fits_in_every_shape
from tests.browser.tabs import OpenTab, sign_in
from tests.factories.creators import a_creator, follows
from tests.factories.people import Person, a_person
from tests.factories.posts import pretended, some_posts

POSTS = "article.post"
LIVE_MS = 10_000


def a_reader(app: Flask, tab: Page, posts: int = 45) -> tuple[Person, Person]:
    mara, fan = a_creator(app, "mara", display_name="Mara", headline="Night trains"), a_person(app)
    follows(app, fan, mara)
    some_posts(app, mara.id, posts, body_html="<p>Four frames from the 23:40 to Trieste.</p>" * 4)
    sign_in(tab, app, fan)
    return fan, mara


def top_of(tab: Page, post: str) -> float:
    return float(tab.locator(f"#{post}").evaluate("one => one.getBoundingClientRect().top"))


def test_it_goes_on_by_itself_and_the_back_button_returns_to_the_same_place(app: Flask, tab: Page) -> None:
    a_reader(app, tab)
    tab.goto("/feed")
    expect(tab.locator(POSTS)).to_have_count(20)
    tab.locator(".pages").scroll_into_view_if_needed()
    expect(tab.locator(POSTS)).to_have_count(40)
    chosen = tab.locator(POSTS).nth(30)
    chosen.scroll_into_view_if_needed()
    post = str(chosen.get_attribute("id"))
    # What lies above may get its true height meanwhile: it stays where it is all the same.
    expect(tab.locator("html.opening")).to_have_count(0)
    expect(chosen).to_be_in_viewport()
    before = top_of(tab, post)
    chosen.locator("h2 a").click()
    tab.wait_for_url("**/posts/*")
    tab.go_back()
    expect(tab.locator(POSTS)).to_have_count(40)
    expect(tab.locator(f"#{post}")).to_be_in_viewport()
    assert abs(top_of(tab, post) - before) < 60


def test_it_ends(app: Flask, tab: Page) -> None:
    a_reader(app, tab, posts=25)
    tab.goto("/feed")
    tab.locator(".pages").scroll_into_view_if_needed()
    expect(tab.locator(POSTS)).to_have_count(25)
    expect(tab.locator(".pages")).to_have_count(0)


def test_without_javascript_older_posts_are_a_link_away(app: Flask, open_tab: OpenTab) -> None:
    tab = open_tab(width=390, js=False)
    a_reader(app, tab, posts=25)
    tab.goto("/feed")
    tab.get_by_role("link", name="Older").click()
    expect(tab.locator(POSTS)).to_have_count(5)
    tab.get_by_role("link", name="To the newest").click()
    expect(tab.locator(POSTS)).to_have_count(20)


def test_new_posts_are_told_of_and_one_click_away(app: Flask, tab: Page) -> None:
    _, mara = a_reader(app, tab, posts=3)
    tab.goto("/feed")
    some_posts(app, mara.id, 3)
    tab.evaluate("document.dispatchEvent(new CustomEvent('live:reconnected'))")
    tab.get_by_role("link", name="3 new posts").click()
    expect(tab.locator(POSTS)).to_have_count(6)


def test_what_is_published_is_told_to_open_feeds_at_once(app: Flask, open_tab: OpenTab) -> None:
    tab, desk = open_tab(), open_tab()
    _, mara = a_reader(app, tab, posts=3)
    with tab.expect_response("**/live/ticket?topic=feed"):
        tab.goto("/feed")
    expect(tab.locator("html[data-live=on]")).to_be_attached()
    sign_in(desk, app, mara)
    desk.goto("/posts/new")
    desk.get_by_label("Title").fill("The 23:40 runs again")
    desk.get_by_role("button", name="Publish now").click()
    expect(desk.get_by_text("It is out.")).to_be_visible()
    # Long before a page asks by itself, which it does every half minute.
    expect(tab.get_by_role("link", name="1 new post")).to_be_visible(timeout=LIVE_MS)


def test_feed_tabs_and_feeds_fit_and_are_accessible(app: Flask, tab: Page) -> None:
    _, mara = a_reader(app, tab, posts=1)
    name = "ثلاث صور 👩‍🚀 من القطار"
    some_posts(app, mara.id, 1, title=name, audience="subscribers", rank=1, price=499, teaser=name)
    some_posts(app, mara.id, 1, media=[pretended()], audience="paid", price=499)
    for path in (
        "/feed",
        "/feed?show=subscribed",
        "/@mara",
        "/@mara/media",
        "/@mara/feed",
        "/settings/feeds",
    ):
        tab.goto(path)
        fits_in_every_shape(tab)
    tab.goto("/@mara/feed")
    tab.get_by_role("button", name="Make my address").click()
    expect(tab.get_by_text("only this once")).to_be_visible()
    fits_in_every_shape(tab)
    tab.goto("/settings/feeds")
    fits_in_every_shape(tab)
    sign_in(tab, app, mara)
    tab.goto("/feed")
    fits_in_every_shape(tab)
