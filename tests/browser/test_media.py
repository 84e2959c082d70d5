"""Uploading in the browser: chosen, dropped, pasted; watched, called off, tried again, put in order."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import FilePayload, Locator, Page, Route, expect
from sqlalchemy import select

from app.extensions import db
from app.media.addresses import address, public_address
from app.media.models import Media
from app.platform import work
from app.posts.models import Post
from tests.browser.pages import fits_and_is_accessible, fits_in_every_shape
from tests.browser.tabs import OpenTab, hurry, sign_in
from tests.factories.creators import a_creator
from tests.factories.media import a_picture, picture_bytes
from tests.factories.people import Person
from tests.factories.posts import a_post

LIBRARY = "/dashboard/media"
SHUT = """
    Object.defineProperty(window, "localStorage", {
        get() { throw new DOMException("It is shut.", "SecurityError"); },
    });
"""
DROPPED = """([element, kind, name, bytes, words]) => {
    const all = new DataTransfer();
    if (words) all.setData("text/plain", words);
    all.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
    const event = kind === "paste"
        ? new ClipboardEvent("paste", { clipboardData: all, bubbles: true })
        : new DragEvent("drop", { dataTransfer: all, bubbles: true, cancelable: true });
    return element.dispatchEvent(event);
}"""


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara", display_name="Mara")


@pytest.fixture
def library(app: Flask, tab: Page, mara: Person) -> Iterator[Page]:
    sign_in(tab, app, mara)
    tab.goto(LIBRARY)
    yield tab


def choose(tab: Page, *files: tuple[str, bytes]) -> None:
    chosen: list[FilePayload] = [
        {"name": name, "mimeType": "image/jpeg", "buffer": content} for name, content in files
    ]
    tab.set_input_files("#uploader-file", chosen)


def rows(tab: Page) -> Locator:
    return tab.locator("[data-uploads] > li")


def names(tab: Page) -> list[str]:
    return rows(tab).locator(".name").all_inner_texts()


def made_ready(app: Flask) -> None:
    """What a worker does."""
    with app.app_context():
        work.drain(["media"])


def alts(app: Flask) -> set[str]:
    with app.app_context():
        return {media.alt for media in db.session.query(Media)}


def test_several_files_are_sent_watched_and_shown(app: Flask, library: Page) -> None:
    choose(library, ("sea.jpg", picture_bytes(900, 600)), ("näher 🌊.jpg", picture_bytes(600, 900)))
    expect(rows(library)).to_have_count(2)
    expect(library.locator("[data-state=received]")).to_have_count(2)
    assert names(library) == ["sea.jpg", "näher 🌊.jpg"]
    fits_and_is_accessible(library)
    made_ready(app)
    expect(library.locator("[data-uploads] [data-state=ready] img")).to_have_count(2)
    shown = library.locator("[data-uploads] img").first
    expect(shown).to_have_js_property("complete", True)
    assert shown.evaluate("image => image.naturalWidth") > 0
    fits_and_is_accessible(library)


def test_a_browser_that_keeps_nothing_sends_files_all_the_same(library: Page) -> None:
    library.add_init_script(SHUT)
    library.reload()
    choose(library, ("sea.jpg", picture_bytes()), ("hills.jpg", picture_bytes(30, 20)))
    expect(library.locator("[data-state=received]")).to_have_count(2)


@pytest.mark.parametrize("how", ["drop", "paste"])
def test_files_are_dropped_and_pasted(app: Flask, library: Page, how: str) -> None:
    target = library.locator("[data-drop]" if how == "drop" else "body").element_handle()
    library.evaluate(DROPPED, [target, how, "sea.jpg", list(picture_bytes())])
    expect(library.locator("[data-state=received]")).to_have_count(1)
    assert names(library) == ["sea.jpg"]


def test_a_file_dropped_beside_the_box_is_taken_and_does_not_replace_the_page(library: Page) -> None:
    heading = library.locator("h1").element_handle()
    left_to_browser = library.evaluate(DROPPED, [heading, "drop", "sea.jpg", list(picture_bytes())])
    assert not left_to_browser
    expect(library.locator("[data-state=received]")).to_have_count(1)


def test_a_picture_of_the_page_that_is_dragged_about_is_no_upload(library: Page) -> None:
    heading = library.locator("h1").element_handle()
    heading.dispatch_event("dragstart")
    library.evaluate(DROPPED, [heading, "drop", "sea.jpg", list(picture_bytes())])
    expect(rows(library)).to_have_count(0)


@pytest.mark.parametrize(("where", "taken"), [("textarea[name=body]", 0), ("h1", 1)])
def test_words_pasted_with_their_picture_into_a_field_are_words(
    app: Flask, tab: Page, mara: Person, where: str, taken: int
) -> None:
    """As text processors and sheets put both on the clipboard."""
    sign_in(tab, app, mara)
    tab.goto("/posts/new")
    target = tab.locator(where).first.element_handle()
    tab.evaluate(DROPPED, [target, "paste", "cells.jpg", list(picture_bytes()), "A1 B1"])
    expect(rows(tab)).to_have_count(taken)


def test_who_sends_many_is_told_when_it_goes_on(library: Page) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=429, headers={"Retry-After": "42"}, json={"detail": "Too many."})

    library.route("**/uploads", refuse)
    choose(library, ("sea.jpg", picture_bytes()))
    expect(rows(library).locator("[data-words]")).to_contain_text(re.compile(r"goes on in 4\d s"))


def test_a_file_that_is_none_of_ours_says_so_and_leaves_again(library: Page) -> None:
    choose(library, ("song.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>" + bytes(50)))
    expect(rows(library).locator(".error")).to_contain_text("This kind of file is not taken here")
    library.get_by_role("button", name="Take out").click()
    expect(rows(library)).to_have_count(0)
    expect(library.locator("#uploader-file")).to_be_focused()


def test_a_dropped_connection_is_gone_on_with_where_it_stopped(library: Page, tmp_path: Path) -> None:
    long = tmp_path / "long.jpg"
    long.write_bytes(picture_bytes(300, 200) + bytes(9 * 1024 * 1024))
    offsets = []

    def second_fails(route: Route) -> None:
        is_part = route.request.method == "PATCH"
        if is_part:
            offsets.append(route.request.headers["upload-offset"])
        if is_part and len(offsets) == 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    library.route("**/uploads/*", second_fails)
    library.set_input_files("#uploader-file", long)
    expect(library.locator("[data-state=received]")).to_have_count(1, timeout=30_000)
    part = str(8 * 1024 * 1024)
    assert offsets == ["0", part, part]


@pytest.mark.parametrize(("where", "sent"), [("/dashboard/messages/new", 2), (LIBRARY, 2), ("", 1)])
def test_a_file_goes_on_only_where_nobody_else_needs_what_was_sent(
    app: Flask, library: Page, tmp_path: Path, where: str, sent: int
) -> None:
    """Not what was begun for a message, nor what another window is sending; but what a closed one left."""
    file = tmp_path / "sea.jpg"
    file.write_bytes(picture_bytes())
    other = library.context.new_page()
    other.goto(where or LIBRARY)
    other.route("**/uploads/*", lambda route: None if route.request.method == "PATCH" else route.continue_())
    with other.expect_request(lambda request: request.method == "PATCH"):
        other.set_input_files("#uploader-file", file)
    if where != LIBRARY:
        other.close()
        library.wait_for_function("async () => !(await navigator.locks.query()).held.length")
    library.set_input_files("#uploader-file", file)
    expect(library.locator("[data-uploads] [data-state=received]")).to_have_count(1)
    with app.app_context():
        received = db.session.execute(select(Media.state, Media.purpose)).all()
    assert len(received) == sent
    assert ("received", "post") in received


def test_what_could_not_be_sent_is_tried_again_by_hand(library: Page) -> None:
    library.route("**/uploads", lambda route: route.fulfill(status=422, json={"detail": "Not now."}))
    choose(library, ("sea.jpg", picture_bytes()))
    expect(rows(library).locator(".error")).to_have_text("Not now.")
    library.unroute("**/uploads")
    library.get_by_role("button", name="Try again").click()
    expect(library.locator("[data-state=received]")).to_have_count(1)


@pytest.mark.parametrize("still", ["away", "busy"])
def test_what_is_tried_again_too_early_is_neither_taken_for_sent_nor_begun_anew(
    app: Flask, library: Page, tmp_path: Path, still: str
) -> None:
    content = picture_bytes(300, 200) + bytes(9 * 1024 * 1024)
    (tmp_path / "long.jpg").write_bytes(content)
    sent: list[str] = []

    def only_the_first_part(route: Route) -> None:
        sent.append(route.request.method)
        if route.request.method == "PATCH" and sent.count("PATCH") > 1:
            route.abort("connectionreset")
        else:
            route.continue_()

    def later(route: Route) -> None:
        route.fulfill(status=429) if route.request.method == "HEAD" else route.continue_()

    hurry(library, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000)
    library.reload()
    library.route("**/uploads/*", only_the_first_part)
    library.set_input_files("#uploader-file", tmp_path / "long.jpg")
    again = library.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    library.unroute("**/uploads/*")
    if still == "busy":
        library.route("**/uploads/*", later)
    library.context.set_offline(still == "away")
    again.click()
    expect(again).to_be_visible()
    expect(rows(library).locator(".error")).to_contain_text("What arrived is kept")
    expect(rows(library).locator("[name=media]")).to_be_disabled()
    library.unroute("**/uploads/*")
    library.context.set_offline(False)
    again.click()
    expect(library.locator("[data-state=received]")).to_have_count(1)
    with app.app_context():
        assert [one.received for one in db.session.query(Media)] == [len(content)]


@pytest.mark.parametrize("hanging", ["POST", "PATCH"])
def test_calling_off_ends_it_here_and_there(app: Flask, library: Page, hanging: str) -> None:
    """Also when the server has not yet said where it goes. Nothing is asked for that has no address."""
    held: list[Route] = []
    asked: list[str] = []
    library.on("request", lambda request: asked.append(request.url))

    def hold(route: Route) -> None:
        if route.request.method == hanging:
            held.append(route)
        else:
            route.continue_()

    library.route(re.compile("/uploads"), hold)
    library.clock.install()
    with library.expect_request(lambda request: request.method == hanging):
        choose(library, ("sea.jpg", picture_bytes()))
    with library.expect_response(lambda answer: answer.request.method == "DELETE") as ended:
        library.get_by_role("button", name="Take out").click()
        if hanging == "POST":
            held[0].continue_()
    assert ended.value.status == 204
    expect(rows(library)).to_have_count(0)
    if hanging == "PATCH":
        library.clock.run_for(60_000)
    assert not [url for url in asked if url.endswith("/null")]
    with app.app_context():
        assert db.session.scalars(select(Media.state)).all() == ["removed"]


def test_the_order_is_ones_own_and_words_are_kept(app: Flask, library: Page) -> None:
    choose(library, ("one.jpg", picture_bytes(40, 30)), ("two.jpg", picture_bytes(50, 30)))
    expect(library.locator("[data-state=received]")).to_have_count(2)
    rows(library).nth(0).get_by_role("button", name="Later").click()
    assert names(library) == ["two.jpg", "one.jpg"]
    expect(rows(library).nth(1).get_by_role("button", name="Later")).to_be_focused()
    ids = rows(library).locator("[name=media]").evaluate_all("all => all.map((one) => one.value)")
    assert ids == rows(library).evaluate_all("all => all.map((row) => row.dataset.id)")
    with library.expect_response(re.compile("/alt$")) as saved:
        rows(library).nth(0).locator("[data-alt]").fill("Das Meer 🌊")
        rows(library).nth(1).locator("[data-alt]").focus()
    assert saved.value.status == 204
    assert "Das Meer 🌊" in alts(app)


@pytest.mark.parametrize("tab", [{"js": False}, {"js": False, "width": 390}], indirect=True)
def test_without_javascript_a_form_sends_them(app: Flask, library: Page, tmp_path: Path) -> None:
    (tmp_path / "sea.jpg").write_bytes(picture_bytes())
    library.set_input_files("#uploader-file", tmp_path / "sea.jpg")
    library.get_by_role("button", name="Send these files").click()
    expect(library.get_by_text("Received. It is being made ready.")).to_be_visible()
    made_ready(app)
    library.reload()
    expect(library.locator("[data-state=ready]")).to_have_count(1)
    library.get_by_label("Description of sea.jpg").fill("Das Meer")
    library.get_by_role("button", name="Save").click()
    expect(library.get_by_text("The description is saved.")).to_be_visible()
    library.get_by_role("link", name="Remove", exact=True).click()
    library.get_by_role("button", name="Remove it").click()
    expect(library.get_by_text("Nothing here yet")).to_be_visible()


def test_the_library_fits_and_is_accessible(app: Flask, library: Page, mara: Person) -> None:
    fits_in_every_shape(library)
    shown = [a_picture(app, mara, name=f"picture {number} of the sea 🌊.jpg") for number in range(3)]
    a_picture(app, mara, ready=False, state="failed", trouble="broken", name="w" * 200)
    a_picture(app, mara, ready=False, trouble="scanner_away")
    a_picture(app, mara, moderation="removed")
    with app.app_context():
        assert db.session.get(Media, UUID(shown[0]["id"]))
    library.goto(LIBRARY)
    fits_in_every_shape(library)


@pytest.mark.parametrize("tab", [{}, {"width": 390}], indirect=True)
def test_a_post_takes_pictures_in_their_order(app: Flask, tab: Page, mara: Person) -> None:
    sign_in(tab, app, mara)
    tab.goto("/posts/new")
    choose(tab, ("one.jpg", picture_bytes(400, 300)), ("two.jpg", picture_bytes(300, 400)))
    expect(tab.locator("[data-state=received]")).to_have_count(2)
    made_ready(app)
    expect(tab.locator("[data-uploads] [data-state=ready]")).to_have_count(2)
    sent: list[str] = []
    tab.on("request", lambda one: sent.append(one.url) if one.is_navigation_request() else None)
    with tab.expect_response(re.compile("/alt$")):
        rows(tab).nth(0).locator("[data-alt]").fill("Das Meer")
        rows(tab).nth(0).locator("[data-alt]").press("Enter")
    rows(tab).nth(0).get_by_role("button", name="Later").click()
    wanted = rows(tab).evaluate_all("all => all.map((row) => row.dataset.id)")
    tab.get_by_label("Title").fill("Two of the sea")
    tab.get_by_role("button", name="Publish").first.click()
    tab.wait_for_url(re.compile(r"/posts/[0-9a-f-]{36}$"))
    # The key in the description sent nothing.
    assert [url.rsplit("/", 1)[-1] for url in sent][:-1] == ["new"]
    with app.app_context():
        described = db.session.scalars(select(Post.media)).one()
    assert [one["id"] for one in described] == wanted
    assert [one["alt"] for one in described] == ["", "Das Meer"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_opened_alone_is_laid_out_and_nothing_complains(
    app: Flask, open_tab: OpenTab, mara: Person, theme: str
) -> None:
    """As those without JavaScript look at it large. What a page complained about fails the test."""
    picture = a_picture(app, mara)
    post = a_post(app, mara.id, media=[picture], audience="followers")
    tab = open_tab(theme=theme, js=False)
    sign_in(tab, app, mara)
    with app.app_context():
        closed = address(picture, "w800", holder=("post", post), viewer_id=mara.id)
        for one in (closed, public_address(picture, "teaser")):
            tab.goto(one)
            shown = tab.locator("img")
            assert shown.evaluate("image => image.naturalWidth") > 0
            assert tab.evaluate("getComputedStyle(document.body).margin") == "0px", (
                "by the browser's own style"
            )


def test_a_file_is_removed_after_a_question(app: Flask, library: Page, mara: Person) -> None:
    a_picture(app, mara, attached=False)
    library.reload()
    library.get_by_role("link", name="Remove", exact=True).click()
    asking = library.get_by_role("dialog")
    expect(asking).to_contain_text("Remove this file?")
    fits_and_is_accessible(library)
    asking.get_by_role("link", name="Keep it").click()
    expect(asking).to_be_hidden()
    library.get_by_role("link", name="Remove", exact=True).click()
    asking.get_by_role("button", name="Remove it").click()
    expect(library.get_by_text("The file is removed.")).to_be_visible()
