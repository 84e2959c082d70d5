"""P12: what session, form token, limiter and metering cost on a signed-in page.

The second line adds what is no guard but goes with every page too: safety headers and the log.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from flask import Flask, g, request
from flask.sessions import SecureCookieSession, SessionInterface
from werkzeug.wrappers import Response

from app import create_app
from app.accounts import session_cache
from app.config import Settings
from app.platform import headers, logs
from app.platform.viewer import Viewer
from tests.bench.harness import Bench, Samples, interleaved, measure
from tests.factories.people import Person, a_person, a_session, signed_in

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PAGE = "/feed"
# Many short rounds: what else the machine does changes more slowly, and so hits both.
ROUNDS, ROUND = 61, 0.2
# The variants, by the query that asks for them.
GUARDED, VIEW, ALONE = "guarded", "theview", "aloneit"


class NoSession(SessionInterface):
    def open_session(self, app: Flask, request: Any) -> SecureCookieSession:
        return SecureCookieSession()

    def save_session(self, app: Flask, session: Any, response: Any) -> None:
        """Nothing to keep."""


@dataclass(frozen=True)
class Guarded:
    """As the web process makes it."""

    settings: Settings

    def __call__(self) -> Flask:
        logs.configure("web", stream=Path(os.devnull).open("w"))  # noqa: SIM115 - as long as the process
        return create_app(self.settings)


@dataclass(frozen=True)
class Unguarded:
    """The same views and templates; who looks is known from the start."""

    settings: Settings
    person: Viewer
    with_headers_and_log: bool

    def __call__(self) -> Flask:
        app = create_app(self.settings)
        for endpoint, view in list(app.view_functions.items()):
            app.view_functions[endpoint] = unguarded(view)
        app.session_interface = NoSession()
        app.context_processor(lambda: {"csrf_token": lambda: "x" * 91})
        app.jinja_env.globals["csrf_token"] = lambda: "x" * 91
        app.before_request_funcs.clear()
        app.after_request_funcs.clear()
        app.before_request(self._begin)
        if self.with_headers_and_log:
            app.after_request(headers._add)
            app.after_request(only_log)
        else:
            del app.wsgi_app  # what was wrapped around it
        return app

    def _begin(self) -> None:
        g.began = perf_counter()
        g._login_user = self.person


@dataclass(frozen=True)
class Variants:
    """One process that serves them all, so that it is the same memory, and luck, that they have."""

    settings: Settings
    person: Viewer

    def __call__(self) -> "WSGIApplication":
        served = {
            GUARDED: Guarded(self.settings)(),
            VIEW: Unguarded(self.settings, self.person, with_headers_and_log=True)(),
            ALONE: Unguarded(self.settings, self.person, with_headers_and_log=False)(),
        }
        return lambda environ, start: served.get(environ["QUERY_STRING"], served[GUARDED])(environ, start)


def only_log(response: Response) -> Response:
    assert request.url_rule is not None
    rule, seconds = request.url_rule, perf_counter() - g.began
    logs.access(rule.endpoint, request.method, rule.rule, response.status_code, seconds)
    return response


def unguarded(view: Callable[..., Any]) -> Callable[..., Any]:
    inner: Callable[..., Any] = getattr(view, "__wrapped__", view)
    return inner


@measure("P12", "guard_cost", goal="<= 0.08")
def guard_cost(bench: Bench) -> Samples:
    return extra_cost(bench, VIEW)


@measure("P12", "guard_cost_with_headers_and_log", goal="told, not set")
def guard_cost_with_headers_and_log(bench: Bench) -> Samples:
    return extra_cost(bench, ALONE)


def extra_cost(bench: Bench, baseline: str) -> Samples:
    person = a_person(bench.house)
    token = a_session(bench.house, person)
    with bench.house.app_context():
        known = session_cache.find(token)
    assert known is not None
    cookie = cookie_of(bench, person)
    with bench.site(Variants(bench.settings, known)) as site:

        def cost(variant: str) -> float:
            return site.cost(f"{PAGE}?{variant}", cookie=cookie, seconds=ROUND, connections=1)

        for variant in (GUARDED, baseline):
            assert set(site.load(f"{PAGE}?{variant}", cookie=cookie).statuses) == {200}
        ratios = interleaved(lambda: cost(baseline), lambda: cost(GUARDED), rounds=ROUNDS)
    return Samples([ratio - 1 for ratio in ratios.values])


def cookie_of(bench: Bench, person: Person) -> str:
    """The cookie of a browser that has seen a page, and so holds a form token too."""
    browser = signed_in(bench.house, person)
    browser.get(PAGE)
    kept = browser.http.get_cookie("fanlight")
    assert kept is not None
    return f"fanlight={kept.value}"
