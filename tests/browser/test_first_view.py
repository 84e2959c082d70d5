"""Pages that say `first_view` show the same before more.css has come as after it: nothing seen jumps."""

import re
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect

from tests.browser.tabs import OpenTab, sign_in
from tests.chat.talking import begin
from tests.factories.creators import a_creator, follows
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_post, some_comments, some_posts

LATER = ("**/css/more.css?*", "**/css/desk.css?*")
# Modules word times anew, each in its own way, which is another matter.
LIVELY = re.compile(r"/js/(?!theme)")
# Of each thing in the window, where it lies and what it looks like. How far it reaches below is no matter.
SEEN = """() => {
  const looks = "color background border border-radius box-shadow opacity font letter-spacing text-align"
    + " text-decoration text-transform white-space padding gap fill stroke filter translate content";
  const seen = {};
  document.querySelectorAll("body, body :not(svg *, link, script)").forEach((one, at) => {
    if (!one.checkVisibility()) return;
    const { left, top, right, bottom } = one.getBoundingClientRect();
    if (left === right || top === bottom) return;
    if (bottom <= 0 || right <= 0 || top >= innerHeight || left >= innerWidth) return;
    const about = { place: [left, top, right, Math.min(bottom, innerHeight)].map(Math.round).join() };
    for (const part of ["", "::before", "::after"]) {
      const style = getComputedStyle(one, part);
      for (const look of looks.split(" ")) about[part + look] = style.getPropertyValue(look);
    }
    seen[`${at} ${one.tagName} ${one.className}`] = about;
  });
  return seen;
}"""
# How many posts below the first had come in, each time that one did.
STEPS = """
    window.steps = [];
    const laid = () => document.querySelectorAll('article.post[style*="content-visibility"]').length;
    new MutationObserver(() => laid() > (steps.at(-1) ?? 0) && steps.push(laid()))
        .observe(document, { attributes: true, attributeFilter: ["style"], subtree: true });
"""
WIDTHS = [390, pytest.param(1280, marks=pytest.mark.fault_long)]
Seen = dict[str, dict[str, str]]


@pytest.fixture
def fan(app: Flask) -> Person:
    return a_person(app, "fan")


@pytest.fixture
def addresses(app: Flask, fan: Person) -> dict[str, str]:
    mara = a_creator(app, "mara", display_name="Mara Ellison", headline="Night trains")
    follows(app, fan, mara)
    some_posts(app, mara.id, 4, body_html="<p>Four frames from the 23:40 to Trieste.</p>")
    post = a_post(
        app, mara.id, title="The contact sheet", body_html="<h2>Two</h2><p>rolls</p><ul><li>one</li></ul>"
    )
    a_post(app, mara.id, title="The whole film", audience="paid", price=1_900)
    some_comments(app, post, fan.id, ["Frame 17!", "And 18."])
    talk = begin(signed_in(app, fan), "mara", "Did the contact sheet arrive?")
    return {"post": f"/posts/{post}", "talk": talk}


@pytest.mark.parametrize("width", WIDTHS)
def test_strangers_see_it_whole_at_once(
    app: Flask, addresses: dict[str, str], open_tab: OpenTab, width: int
) -> None:
    for path in ("/", "/creators", "/@mara", addresses["post"]):
        stands_by_itself(open_tab(width=width), path)


@pytest.mark.parametrize("width", WIDTHS)
def test_fans_see_it_whole_at_once(
    app: Flask, fan: Person, addresses: dict[str, str], open_tab: OpenTab, width: int
) -> None:
    tab = open_tab(width=width)
    sign_in(tab, app, fan)
    for path in ("/feed", "/@mara", addresses["post"], "/messages", addresses["talk"]):
        stands_by_itself(tab, path)


def test_what_lies_below_it_comes_in_without_anybody_scrolling(
    app: Flask, fan: Person, addresses: dict[str, str], tab: Page
) -> None:
    """A piece at a time: all of them at once keep a slow phone from answering."""
    tab.add_init_script(STEPS)
    sign_in(tab, app, fan)
    tab.goto("/feed")
    expect(tab.locator("html.opening")).to_have_count(0)
    posts = tab.locator("article.post")
    expect(posts).to_have_count(6)
    laid = posts.evaluate_all(
        "all => all.every(one => getComputedStyle(one).contentVisibility === 'visible')"
    )
    assert laid
    assert tab.evaluate("steps") == [1, 2, 3, 4, 5]


def stands_by_itself(tab: Page, path: str) -> None:
    held: list[Route] = []
    tab.route(LIVELY, lambda route: route.fulfill(body="", content_type="text/javascript"))
    for later in LATER:
        tab.route(later, lambda route: held.append(route))  # noqa: PLW0108 - a method of a list is not taken
    tab.goto(path, wait_until="commit")
    expect(tab.locator("body link[rel=stylesheet]").first).to_be_attached()
    before = seen_first(tab)
    assert held
    assert before
    for one in held:
        one.continue_()
    tab.wait_for_load_state()
    assert differences(before, seen_first(tab)) == {}, path
    tab.unroute_all()


def seen_first(tab: Page) -> Seen:
    tab.evaluate("document.documentElement.classList.remove('opening')")
    tab.evaluate("document.fonts.ready.then(() => null)")
    seen: Seen = tab.evaluate(SEEN)
    return seen


def differences(before: Seen, after: Seen) -> dict[str, Any]:
    changed = {name: before.get(name, {}).items() ^ after.get(name, {}).items() for name in before | after}
    return {name: sorted(what) for name, what in changed.items() if what}
