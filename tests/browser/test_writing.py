"""An author at work in a real browser: nothing that is typed is lost, in any shape of window."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import FilePayload, Page, Route, expect

from app.kit import clock
from app.platform import work
from tests.browser.pages import fits_and_is_accessible, fits_in_every_shape
from tests.browser.tabs import OpenTab, hurry, sign_in
from tests.factories.creators import a_creator, a_tier
from tests.factories.media import a_picture, picture_bytes
from tests.factories.people import Person
from tests.posts.authors import Author, an_author

# Of templates/posts/edit.html.
SAVES_AFTER_MS = 2_000
# Of static/js/ui.js.
RELEASES_AFTER_MS = 10_000
LONG = "Aufmerksamkeitsspannenverlängerung🌅" * 4


def an_author_of_much(app: Flask) -> tuple[Author, list[str]]:
    """And the pages that show it."""
    author = an_author(app, "mara")
    a_tier(app, author.person, "Silver")
    a_tier(app, author.person, "Gold with a rather long name")
    pictures = [str(a_picture(app, author.id, attached=False)["id"]) for _ in range(2)]
    form = author.blank(title=LONG, body="# Hello\n\n---more---\n\n" + LONG * 3, media=pictures)
    form.fill(link="https://example.org", poll_question="Tea?", poll_options="Yes\nNo")
    author.page.send(form, intent="publish")
    post_id = author.newest()
    author.page.send(author.editor(post_id), intent="publish", body="Another text", title="Second")
    author.page.send(author.editor(post_id), intent="draft", body="Being changed")
    author.write("draft", title="Half a poem", visibility="subscribers")
    soon = f"{clock.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"
    author.write("schedule", title="For Monday", visibility="paid", price="4.99", publish_at=soon)
    home = f"/posts/{post_id}"
    pages = ["/posts/new", f"{home}/edit", f"{home}/history", f"{home}/preview", f"{home}/preview?as=tier-2"]
    return author, [
        *pages,
        "/dashboard/posts",
        "/dashboard/posts?tab=scheduled",
        "/dashboard/posts?q=nothing",
    ]


def editor_of(
    tab: Page, app: Flask, person: Person, path: str = "/posts/new", *, saves_at_once: bool = False
) -> Page:
    if saves_at_once:
        hurry(tab, SAVES_AFTER_MS)
    sign_in(tab, app, person)
    tab.goto(path)
    return tab


def no_posts(route: Route) -> None:
    route.abort() if route.request.method == "POST" else route.continue_()


@contextmanager
def saved(tab: Page) -> Iterator[None]:
    """By itself, after what is done within."""
    with tab.expect_response(lambda answer: answer.url.endswith("/autosave") and answer.status == 200):
        yield
    expect(tab.locator("#autosave")).to_contain_text("Saved")


def test_every_page_of_writing_fits_and_is_accessible(app: Flask, tab: Page) -> None:
    author, pages = an_author_of_much(app)
    sign_in(tab, app, author.person)
    for path in pages:
        tab.goto(path)
        fits_in_every_shape(tab)


def test_what_is_typed_is_saved_and_there_again_after_going_back(app: Flask, tab: Page) -> None:
    editor_of(tab, app, a_creator(app))
    tab.get_by_label("Title").fill("Morning")
    with saved(tab):
        tab.get_by_label("Text", exact=True).fill("Gulls over the harbour")
    expect(tab).to_have_url(re.compile("/edit$"))
    with saved(tab):
        tab.get_by_label("Text", exact=True).fill("Gulls over the harbour, and rain")
    tab.goto("/dashboard/posts?tab=drafts")
    expect(tab.get_by_role("link", name="Morning")).to_be_visible()
    tab.go_back()
    expect(tab.get_by_label("Text", exact=True)).to_have_value("Gulls over the harbour, and rain")


def test_of_two_tabs_neither_overwrites_the_other(app: Flask, open_tab: OpenTab) -> None:
    author = an_author(app)
    path = f"/posts/{author.write('draft', title='Shared', body='common')}/edit"
    here, there = (editor_of(open_tab(), app, author.person, path, saves_at_once=True) for _ in range(2))
    with saved(here):
        here.get_by_label("Text", exact=True).fill("from here")
    there.get_by_label("Text", exact=True).fill("from there")
    expect(there.get_by_label("The other text")).to_have_value("Shared\n\nfrom here")
    fits_and_is_accessible(there)
    # Neither text is chosen by a key that is pressed in a field.
    with there.expect_navigation():
        there.get_by_label("Title").press("Enter")
    expect(there.get_by_label("The other text")).to_have_value("Shared\n\nfrom here")
    expect(there.get_by_label("Text", exact=True)).to_have_value("from there")
    there.get_by_role("button", name="Take mine").click()
    expect(there.get_by_text("Saved. Only you see it.")).to_be_visible()
    expect(there.get_by_label("Text", exact=True)).to_have_value("from there")
    there.get_by_label("More about this post").click()
    there.get_by_role("link", name="History").click()
    expect(there.get_by_label("The text of version")).to_have_text("from here")


def test_a_text_stays_in_the_browser_while_the_network_is_away(app: Flask, tab: Page) -> None:
    author = an_author(app)
    post_id = author.write("draft", title="Kept", body="before")
    editor_of(tab, app, author.person, f"/posts/{post_id}/edit", saves_at_once=True)
    tab.route("**/autosave", lambda route: route.abort())
    tab.get_by_label("Text", exact=True).fill("typed in a tunnel")
    expect(tab.get_by_text("Not saved. Your text is kept in this browser.")).to_be_visible()
    tab.unroute("**/autosave")
    tab.reload()
    expect(tab.get_by_label("Text", exact=True)).to_have_value("before")
    with saved(tab):
        tab.get_by_role("button", name="Put it back").click()
    expect(tab.get_by_label("Text", exact=True)).to_have_value("typed in a tunnel")
    tab.reload()
    expect(tab.get_by_label("Text", exact=True)).to_have_value("typed in a tunnel")
    expect(tab.get_by_text("This browser kept a text")).to_be_hidden()


def test_a_new_post_that_never_reached_us_is_offered_in_the_next_editor(app: Flask, tab: Page) -> None:
    editor_of(tab, app, a_creator(app), saves_at_once=True)
    tab.route("**/autosave", lambda route: route.abort())
    tab.get_by_label("Title").fill("Never sent")
    tab.goto("/dashboard/posts")
    tab.unroute("**/autosave")
    tab.goto("/posts/new")
    with saved(tab):
        tab.get_by_role("button", name="Put it back").click()
    expect(tab.get_by_label("Title")).to_have_value("Never sent")


def test_a_text_that_the_browser_kept_is_offered_until_somebody_decides(app: Flask, tab: Page) -> None:
    """Whatever else is written and saved meanwhile."""
    editor_of(tab, app, a_creator(app), saves_at_once=True)
    tab.route("**/autosave", lambda route: route.abort())
    for title in ("Of yesterday", "Of this morning"):
        tab.get_by_label("Title").fill(title)
        expect(tab.get_by_text("Not saved.")).to_be_visible()
        tab.goto("/posts/new")
    tab.unroute("**/autosave")
    expect(tab.get_by_text("This browser kept a text")).to_be_visible()
    with saved(tab):
        tab.get_by_label("Title").fill("Of today")
    tab.goto("/posts/new")
    tab.get_by_role("button", name="Drop it").click()
    with saved(tab):
        tab.get_by_role("button", name="Put it back").click()
    expect(tab.get_by_label("Title")).to_have_value("Of yesterday")
    tab.goto("/posts/new")
    expect(tab.get_by_label("Title")).to_have_value("")
    tab.wait_for_function("() => !Object.keys(localStorage).some((key) => key.startsWith('post:'))")
    expect(tab.get_by_text("This browser kept a text")).to_be_hidden()


@pytest.mark.parametrize("new", [True, False], ids=["new", "known"])
def test_what_was_lost_on_its_way_out_is_offered_though_half_of_it_was_saved(
    app: Flask, tab: Page, new: bool
) -> None:
    author = an_author(app)
    path = "/posts/new" if new else f"/posts/{author.write('draft', title='Slow')}/edit"
    editor_of(tab, app, author.person, path, saves_at_once=True)
    tab.route("**/posts/**", no_posts)
    tab.route("**/autosave", lambda route: None)
    with tab.expect_request("**/autosave") as half:
        tab.get_by_label("Text", exact=True).fill("A")
    tab.get_by_label("Text", exact=True).fill("A and B")
    # Both are on their way, and only the first of them arrives.
    tab.get_by_role("button", name="Publish now").click()
    tab.wait_for_url("chrome-error://**")
    first = half.value
    assert tab.request.post(first.url, data=first.post_data, headers=first.headers).ok
    tab.goto(path)
    expect(tab.get_by_text("This browser kept a text")).to_be_visible()
    tab.get_by_role("button", name="Put it back").click()
    expect(tab.get_by_label("Text", exact=True)).to_have_value("A and B")


def test_a_text_that_is_put_back_is_for_those_it_was_written_for(app: Flask, tab: Page) -> None:
    """What was meant for buyers is not suddenly for everybody."""
    editor_of(tab, app, a_creator(app), saves_at_once=True)
    tab.route("**/autosave", lambda route: route.abort())
    tab.get_by_label("Title").fill("Behind the curtain")
    tab.get_by_label("Whoever buys it").check()
    tab.get_by_label("Price in USD").fill("9.99")
    tab.get_by_label("For adults only").check()
    expect(tab.get_by_text("Not saved.")).to_be_visible()
    tab.unroute("**/autosave")
    tab.goto("/posts/new")
    with saved(tab):
        tab.get_by_role("button", name="Put it back").click()
    tab.reload()
    expect(tab.get_by_label("Whoever buys it")).to_be_checked()
    expect(tab.get_by_label("Price in USD")).to_have_value("9.99")
    expect(tab.get_by_label("For adults only")).to_be_checked()


def test_what_was_published_is_not_offered_again(app: Flask, tab: Page) -> None:
    editor_of(tab, app, a_creator(app))
    tab.get_by_label("Title").fill("Out at once ")
    with tab.expect_navigation():
        tab.get_by_role("button", name="Publish now").click()
    tab.goto("/posts/new")
    tab.wait_for_function("() => !Object.keys(localStorage).some((key) => key.startsWith('post:'))")
    expect(tab.get_by_text("This browser kept a text")).to_be_hidden()


def test_a_post_waits_for_the_file_that_is_on_its_way(app: Flask, tab: Page) -> None:
    editor_of(tab, app, a_creator(app))
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route) if route.request.method == "PATCH" else route.continue_()

    tab.route("**/uploads/*", hold)
    tab.get_by_label("Title").fill("Night trains")
    with tab.expect_request(lambda request: request.method == "PATCH"):
        picture = FilePayload(name="negative.jpg", mimeType="image/jpeg", buffer=picture_bytes())
        tab.set_input_files("#uploader-file", [picture])
    tab.get_by_role("button", name="Publish now").click()
    expect(tab.locator("#toasts")).to_contain_text("A file is still on its way.")
    held[0].continue_()
    expect(tab.locator("[data-state=received]")).to_have_count(1)
    with app.app_context():
        work.drain(["media"])
    tab.get_by_role("button", name="Publish now").click()
    tab.wait_for_url(re.compile(r"/posts/[0-9a-f-]{36}$"))
    expect(tab.locator("article .media img")).to_have_count(1)


@pytest.mark.parametrize("how", ["stay", "stop"])
def test_who_stays_on_a_page_that_was_to_be_left_sends_it_again(app: Flask, tab: Page, how: str) -> None:
    """The browser asked and they stayed, or they stopped it."""
    hurry(tab, RELEASES_AFTER_MS)
    editor_of(tab, app, a_creator(app))
    tab.get_by_label("Title").fill("Night trains")
    save = tab.get_by_role("button", name="Save draft")
    if how == "stay":
        tab.evaluate("void (onbeforeunload = (event) => event.preventDefault())")
        tab.once("dialog", lambda dialog: dialog.dismiss())
        save.click()
        tab.evaluate("void (onbeforeunload = null)")
    else:
        # As far as the page can tell.
        tab.route("**/posts/new", lambda route: route.fulfill(status=204), times=1)
        save.click()
    expect(save).not_to_have_attribute("aria-busy", "true")
    save.click()
    expect(tab.get_by_text("Saved. Only you see it.")).to_be_visible()


def test_signing_out_leaves_no_text_behind(app: Flask, tab: Page) -> None:
    person = a_creator(app)
    editor_of(tab, app, person)
    tab.route("**/autosave", lambda route: route.abort())
    tab.get_by_label("Title").fill("For my eyes")
    tab.goto("/dashboard/posts")
    assert "For my eyes" in tab.evaluate("Object.values(localStorage).join()")
    tab.get_by_label(f"Your account, {person.handle.capitalize()}").click()
    tab.get_by_role("button", name="Sign out", exact=True).first.click()
    expect(tab.get_by_role("heading", name="Welcome back")).to_be_visible()
    assert tab.evaluate("Object.values(localStorage).join()") == ""


def test_signing_out_beside_an_unsaved_text_leaves_nothing_of_it(app: Flask, tab: Page) -> None:
    """Nor of one that stands in another window."""
    person = a_creator(app)
    tab.context.route("**/autosave", lambda route: route.abort())
    editor_of(tab, app, person)
    other = tab.context.new_page()
    for page, words in ((other, "Over there"), (tab, "For my eyes")):
        page.goto("/posts/new")
        expect(page.locator("html[data-live=on]")).to_be_attached()
        page.get_by_label("Title").fill(words)
    tab.get_by_label(f"Your account, {person.handle.capitalize()}").click()
    tab.get_by_role("button", name="Sign out", exact=True).first.click()
    for page in (tab, other):
        expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    assert tab.evaluate("Object.values(localStorage).join()") == ""


@pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
def test_a_post_is_written_scheduled_and_deleted_in_its_authors_own_time(
    app: Flask, open_tab: OpenTab, js: bool
) -> None:
    tab = editor_of(open_tab(width=390, js=js), app, a_creator(app))
    moment = f"{clock.now() + timedelta(days=3):%Y-%m-%dT%H:%M}"
    tab.get_by_label("Title").fill("Later")
    tab.get_by_label("Whoever buys it").check()
    tab.get_by_label("Price in USD").fill("4.99")
    tab.get_by_label("Publish at").fill(moment)
    tab.get_by_role("button", name="Schedule").click()
    expect(tab.get_by_text("Scheduled. It goes out by itself.")).to_be_visible()
    tab.get_by_role("link", name="Later", exact=True).click()
    expect(tab.get_by_label("Publish at")).to_have_value(moment)
    tab.get_by_label("More about this post").click()
    tab.get_by_role("link", name="Delete", exact=True).click()
    tab.get_by_role("button", name="Delete it").click()
    expect(tab.get_by_text("The post is deleted.")).to_be_visible()


def test_a_scheduled_moment_is_told_in_the_time_it_was_typed_in(app: Flask, tab: Page) -> None:
    author = an_author(app)
    at = (clock.now() + timedelta(days=60)).replace(hour=22, minute=30)
    there = at + timedelta(hours=9)
    post_id = author.write("schedule", title="For Monday", publish_at=f"{at:%Y-%m-%dT%H:%M}")
    sign_in(tab, app, author.person)
    tab.context.new_cdp_session(tab).send("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    tab.goto("/dashboard/posts?tab=scheduled")
    expect(tab.get_by_text(f"Goes out on {there:%-d %B %Y} at 07:30")).to_be_visible()
    expect(tab.locator("time")).to_have_attribute("title", f"{at:%-d %B %Y}, 22:30 UTC")
    tab.goto(f"/posts/{post_id}/edit")
    expect(tab.get_by_text(f"It goes out on {there:%-d %B %Y} at 07:30.")).to_be_visible()
    expect(tab.locator("#publish_at")).to_have_value(f"{there:%Y-%m-%d}T07:30")


def test_a_moment_in_the_hour_that_comes_twice_stays_where_it_was(app: Flask, tab: Page) -> None:
    author = an_author(app)
    # In Berlin both are half past two, in summer time and an hour later.
    first, second = (author.write("draft", title="Late", publish_at=f"2027-10-31T0{h}:30") for h in (0, 1))
    sign_in(tab, app, author.person)
    tab.context.new_cdp_session(tab).send("Emulation.setTimezoneOverride", {"timezoneId": "Europe/Berlin"})
    for post_id, ahead in ((first, "120"), (second, "60")):
        tab.goto(f"/posts/{post_id}/edit")
        expect(tab.locator("#publish_at")).to_have_value("2027-10-31T02:30")
        expect(tab.locator("[name=utc_offset]")).to_have_value(ahead)


def test_a_moment_in_the_hour_that_is_left_out_comes_after_it(app: Flask, tab: Page) -> None:
    """In Berlin clocks go from two to three that night: half past two is half past three, not one."""
    editor_of(tab, app, a_creator(app))
    tab.context.new_cdp_session(tab).send("Emulation.setTimezoneOverride", {"timezoneId": "Europe/Berlin"})
    tab.goto("/posts/new")
    tab.get_by_label("Title").fill("Early")
    tab.get_by_label("Publish at").fill("2027-03-28T02:30")
    tab.get_by_role("button", name="Schedule").click()
    expect(tab.get_by_text("Goes out on 28 March 2027 at 03:30")).to_be_visible()


def test_there_is_room_to_write(app: Flask, tab: Page) -> None:
    editor_of(tab, app, a_creator(app))
    box = tab.get_by_label("Text", exact=True).bounding_box()
    assert box
    assert box["height"] >= 280
