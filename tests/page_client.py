"""A person who reads pages and fills in forms, without a browser window.

Every page that it opens is checked: title, one heading, unique ids, labelled fields, forms with
action and method, nothing inline that the content policy forbids.
"""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Self, cast

import lxml.html
from bs4 import BeautifulSoup, Tag
from flask import Flask
from lxml.etree import XPath
from lxml.html import HtmlElement
from werkzeug.test import TestResponse


def xpath(expression: str) -> Callable[[HtmlElement], list[Any]]:
    return cast(Callable[[HtmlElement], list[Any]], XPath(expression))


# What is read aloud, and what is only there for the browser.
WORDS = xpath(
    "descendant-or-self::text()"
    "[not(ancestor::script or ancestor::style or ancestor::template or ancestor::rt or ancestor::rp)]"
)
REFUSED = xpath("//*[@aria-invalid = 'true'][@name]")
IDS = xpath("//@id")
UNDESCRIBED = xpath("//img[not(@alt)]")
CONTROLS = xpath(".//input[@name] | .//select[@name] | .//textarea[@name]")
INLINE = xpath("//@*[starts-with(name(), 'on') or starts-with(name(), 'hx-on') or name() = 'style']")
UNNAMED = xpath("""
    (//select | //textarea
     | //input[not(@type = 'hidden' or @type = 'submit' or @type = 'button' or @type = 'image')])
    [not(string(@aria-label) or string(@aria-labelledby) or string(@title)
         or ancestor::label or @id = //label/@for)]
""")


class Page:
    """One answer, read as a person reads it.

    What every test asks is found in `tree`; `soup` is more convenient, and takes ten times as long to cook.
    """

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.location = response.headers.get("Location", "")
        self.html = response.get_data(as_text=True) if response.mimetype == "text/html" else ""

    @cached_property
    def tree(self) -> HtmlElement:
        return lxml.html.document_fromstring(self.html if self.html.strip() else "<p>")

    @cached_property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.html, "lxml")

    @cached_property
    def text(self) -> str:
        return _words(self.tree)

    @property
    def title(self) -> str:
        found = self.tree.find(".//title")
        return "" if found is None else str(found.text_content())

    @property
    def errors(self) -> dict[str, str]:
        """What stands beside each refused field, by the field's name."""
        found = {}
        for control in REFUSED(self.tree):
            for described in control.get("aria-describedby", "").split():
                note = self.tree.find(f".//*[@id='{described}']")
                if note is not None and "error" in described:
                    found[str(control.get("name"))] = _words(note)
        return found

    def form(self, action: str | None = None) -> "FilledForm":
        for form in self._forms(action):
            return FilledForm(form)
        raise AssertionError(f"no form with action {action} on {self.title!r}")

    def has_form(self, action: str) -> bool:
        return any(True for _ in self._forms(action))

    def _forms(self, action: str | None) -> Iterator[HtmlElement]:
        for form in self.tree.iter("form"):
            if action is None or re.fullmatch(action, form.get("action", "").split("?")[0]):
                yield form

    def one(self, selector: str) -> Tag:
        found = self.soup.select_one(selector)
        assert found is not None, f"no {selector} on {self.title!r}"
        return found


def _words(where: HtmlElement) -> str:
    return " ".join(" ".join(WORDS(where)).split())


class FilledForm:
    def __init__(self, form: HtmlElement | Tag) -> None:
        if isinstance(form, Tag):
            form = lxml.html.fragment_fromstring(str(form))
        self.action = str(form.attrib["action"])
        self.method = form.get("method", "get").upper()
        self.fields = _initial_values(form)

    def fill(self, **values: Any) -> Self:
        self.fields.update(values)
        return self

    def without(self, *names: str) -> Self:
        for name in names:
            self.fields.pop(name, None)
        return self


class PageClient:
    def __init__(self, app: Flask, address: str = "127.0.0.1") -> None:
        self.app = app
        self.http = app.test_client()
        self.address = address
        self.agent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"

    def get(self, path: str, *, follow: bool = True, **headers: str) -> Page:
        return self._open("GET", path, follow, headers=headers)

    def post(self, path: str, data: dict[str, Any], *, follow: bool = True, **headers: str) -> Page:
        return self._open("POST", path, follow, data=data, headers=headers)

    def send(self, form: FilledForm, *, follow: bool = True, **values: Any) -> Page:
        form.fill(**values)
        if form.method == "GET":
            return self._open("GET", form.action, follow, query_string=form.fields)
        return self._open("POST", form.action, follow, data=form.fields)

    def _open(self, method: str, path: str, follow: bool, **options: Any) -> Page:
        response = self.http.open(
            path,
            method=method,
            follow_redirects=follow,
            environ_overrides={"REMOTE_ADDR": self.address},
            headers={"User-Agent": self.agent, **options.pop("headers", {})},
            **options,
        )
        page = Page(response)
        if "<html" in page.html and not page.location:
            check_html(page)
        return page


def check_html(page: Page) -> None:
    tree, where = page.tree, f"{page.response.request.path}"
    assert tree.get("lang"), f"{where}: no language"
    assert page.title.strip(), f"{where}: no title"
    headings = tree.findall(".//h1")
    assert len(headings) == 1, f"{where}: {len(headings)} h1"
    assert tree.find(".//main") is not None, f"{where}: no main landmark"
    ids = IDS(tree)
    assert len(ids) == len(set(ids)), f"{where}: ids twice: {sorted(i for i in set(ids) if ids.count(i) > 1)}"
    inline = INLINE(tree)
    assert not inline, f"{where}: inline {inline}"
    for script in tree.iter("script"):
        assert script.get("src") and not (script.text or "").strip(), f"{where}: inline script"
    assert tree.find(".//style") is None, f"{where}: inline style"
    assert not UNDESCRIBED(tree), f"{where}: image without alt"
    for form in tree.iter("form"):
        _check_form(form, where)
    unnamed = UNNAMED(tree)
    assert not unnamed, f"{where}: field {unnamed[0].get('name')} has no label"


def _check_form(form: HtmlElement, where: str) -> None:
    action, method = form.get("action"), form.get("method", "").lower()
    assert action, f"{where}: form without action"
    assert method in {"get", "post", "dialog"}, f"{where}: form {action} without method"
    if method == "post":
        assert form.find(".//*[@name='csrf_token']") is not None, f"{where}: form {action} without csrf_token"


def _initial_values(form: HtmlElement) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for control in CONTROLS(form):
        name, kind = control.get("name"), control.get("type", "")
        if "disabled" in control.attrib or kind in {"file", "submit", "image", "button"}:
            continue
        if kind in {"checkbox", "radio"}:
            if "checked" in control.attrib:
                values[name] = control.get("value", "on")
        elif control.tag == "textarea":
            values[name] = control.text_content().removeprefix("\n")
        elif control.tag == "select":
            options = control.findall(".//option")
            chosen = [one for one in options if "selected" in one.attrib] or options
            values[name] = chosen[0].get("value", chosen[0].text_content()) if chosen else ""
        else:
            values[name] = control.get("value", "")
    return values
