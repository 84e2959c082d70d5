"""A person who reads pages and fills in forms, without a browser window.

Every page that it opens is checked: title, one heading, unique ids, labelled fields, forms with
action and method, nothing inline that the content policy forbids.
"""

import re
from typing import Any, Self

from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.test import TestResponse

IGNORED_INPUTS = {"hidden", "submit", "button", "image"}
INLINE_HANDLER = re.compile(r"^(on[a-z]+|hx-on.*|style)$")


class Page:
    """One answer, read as a person reads it."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.location = response.headers.get("Location", "")
        self.html = response.get_data(as_text=True) if response.mimetype == "text/html" else ""
        self.soup = BeautifulSoup(self.html, "lxml")

    @property
    def text(self) -> str:
        return " ".join(self.soup.get_text(" ").split())

    @property
    def title(self) -> str:
        return self.soup.title.get_text() if self.soup.title else ""

    @property
    def errors(self) -> dict[str, str]:
        """What stands beside each refused field, by the field's name."""
        found = {}
        for control in self.soup.select("[aria-invalid=true][name]"):
            for described in str(control.get("aria-describedby", "")).split():
                if (note := self.soup.find(id=described)) and "error" in described:
                    found[str(control["name"])] = note.get_text(" ", strip=True)
        return found

    def form(self, action: str | None = None) -> "FilledForm":
        for form in self.soup.find_all("form"):
            if action is None or re.fullmatch(action, str(form.get("action", "")).split("?")[0]):
                return FilledForm(form)
        raise AssertionError(f"no form with action {action} on {self.title!r}")

    def has_form(self, action: str) -> bool:
        return any(
            re.fullmatch(action, str(f.get("action", "")).split("?")[0]) for f in self.soup.find_all("form")
        )

    def one(self, selector: str) -> Tag:
        found = self.soup.select_one(selector)
        assert found is not None, f"no {selector} on {self.title!r}"
        return found


class FilledForm:
    def __init__(self, form: Tag) -> None:
        self.action = str(form["action"])
        self.method = str(form.get("method", "get")).upper()
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
    soup, where = page.soup, f"{page.response.request.path}"
    assert soup.html is not None and soup.html.get("lang"), f"{where}: no language"
    assert page.title.strip(), f"{where}: no title"
    assert len(soup.find_all("h1")) == 1, f"{where}: {len(soup.find_all('h1'))} h1"
    assert soup.find("main"), f"{where}: no main landmark"
    ids = [str(tag["id"]) for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids)), f"{where}: ids twice: {sorted(i for i in set(ids) if ids.count(i) > 1)}"
    for tag in soup.find_all(True):
        inline = [name for name in tag.attrs if INLINE_HANDLER.match(name)]
        assert not inline, f"{where}: <{tag.name}> has {inline}"
    for script in soup.find_all("script"):
        assert script.get("src") and not script.get_text(strip=True), f"{where}: inline script"
    assert not soup.find_all("style"), f"{where}: inline style"
    for image in soup.find_all("img"):
        assert image.has_attr("alt"), f"{where}: image without alt"
    for form in soup.find_all("form"):
        _check_form(form, where)
    for control in soup.select("input, select, textarea"):
        if control.get("type") not in IGNORED_INPUTS:
            assert _label(soup, control), f"{where}: field {control.get('name')} has no label"


def _check_form(form: Tag, where: str) -> None:
    assert form.get("action"), f"{where}: form without action"
    method = str(form.get("method", "")).lower()
    assert method in {"get", "post", "dialog"}, f"{where}: form {form.get('action')} without method"
    if method == "post":
        assert form.select_one("[name=csrf_token]"), f"{where}: form {form['action']} without csrf_token"


def _label(soup: BeautifulSoup, control: Tag) -> bool:
    named = control.get("aria-label") or control.get("aria-labelledby") or control.get("title")
    return bool(named or control.find_parent("label") or _label_for(soup, control))


def _label_for(soup: BeautifulSoup, control: Tag) -> bool:
    name = str(control.get("id", ""))
    return any(str(label.get("for")) == name for label in soup.find_all("label"))


def _initial_values(form: Tag) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for control in form.select("input[name], select[name], textarea[name], button[name]"):
        name, kind = str(control["name"]), control.get("type", "")
        if (
            control.has_attr("disabled")
            or kind in {"file", "submit", "image", "button"}
            or control.name == "button"
        ):
            continue
        if kind in {"checkbox", "radio"}:
            if control.has_attr("checked"):
                values[name] = control.get("value", "on")
        elif control.name == "textarea":
            values[name] = control.get_text().removeprefix("\n")
        elif control.name == "select":
            chosen = control.select_one("option[selected]") or control.select_one("option")
            values[name] = chosen.get("value", chosen.get_text()) if chosen else ""
        else:
            values[name] = control.get("value", "")
    return values
