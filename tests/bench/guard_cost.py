"""P12: what session, form token, limiter, headers, log and metrics cost on a signed-in page."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, g
from flask.sessions import SecureCookieSession, SessionInterface

from app import create_app
from app.accounts import session_cache
from app.config import Settings
from app.platform import logs
from app.platform.viewer import Viewer
from tests.bench.harness import Bench, Samples, interleaved, measure
from tests.factories.people import a_person, a_session, signed_in

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PAGE = "/settings/profile"
# Many short rounds: what else the machine does changes more slowly, and so hits both.
ROUNDS, ROUND = 61, 0.2
BARE, GUARDED = "bare", "full"


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
class Both:
    """One process that serves both, so that it is the same memory, and luck, that they have."""

    settings: Settings
    person: Viewer

    def __call__(self) -> "WSGIApplication":
        guarded, bare = Guarded(self.settings)(), self._bare()
        return lambda environ, start: (bare if environ["QUERY_STRING"] == BARE else guarded)(environ, start)

    def _bare(self) -> Flask:
        """The same view functions and templates; who looks is known from the start, nothing else is done."""
        app = create_app(self.settings)
        for endpoint, view in list(app.view_functions.items()):
            app.view_functions[endpoint] = unguarded(view)
        app.before_request_funcs.clear()
        app.after_request_funcs.clear()
        del app.wsgi_app  # what was wrapped around it
        app.session_interface = NoSession()
        app.before_request(self._known)
        app.context_processor(lambda: {"csrf_token": lambda: "x" * 91})
        app.jinja_env.globals["csrf_token"] = lambda: "x" * 91
        return app

    def _known(self) -> None:
        g._login_user = self.person


def unguarded(view: Callable[..., Any]) -> Callable[..., Any]:
    inner: Callable[..., Any] = getattr(view, "__wrapped__", view)
    return inner


@measure("P12", "guard_cost", goal="<= 0.08")
def guard_cost(bench: Bench) -> Samples:
    person = a_person(bench.house)
    token = a_session(bench.house, person)
    with bench.house.app_context():
        known = session_cache.find(token)
    assert known is not None
    cookie = cookie_of(bench, person)
    with bench.site(Both(bench.settings, known)) as site:

        def cost(which: str) -> float:
            path = f"{PAGE}?{which}"
            return site.cost(path, cookie=cookie, seconds=ROUND, connections=1)

        assert set(site.load(f"{PAGE}?{BARE}", cookie=cookie).statuses) == {200}
        assert set(site.load(f"{PAGE}?{GUARDED}", cookie=cookie).statuses) == {200}
        ratios = interleaved(lambda: cost(BARE), lambda: cost(GUARDED), rounds=ROUNDS)
    return Samples([ratio - 1 for ratio in ratios.values])


def cookie_of(bench: Bench, person: Any) -> str:
    """The cookie of a browser that has seen a page, and so holds a form token too."""
    browser = signed_in(bench.house, person)
    browser.get(PAGE)
    kept = browser.http.get_cookie("fanlight")
    assert kept is not None
    return f"fanlight={kept.value}"
