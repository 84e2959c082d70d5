"""The limit of a request, by person or else by address, and what its answer says about it."""

from collections.abc import Sequence
from typing import cast

from flask import Flask, current_app, g
from htmx_flask import request
from werkzeug.wrappers import Response

from app.config import Settings
from app.platform.cache import Cache, cache
from app.platform.limits import counters, window
from app.platform.limits.quotas import PEOPLE_AT_AN_ADDRESS, Quota, Verdict, network, quotas
from app.platform.limits.reads import Reads
from app.platform.sharing import is_shared
from app.platform.viewer import viewer
from app.platform.web import SAFE, client_address

QUOTAS = "fanlight.quotas"
READS = "fanlight.reads"
# Looking is counted there too.
ALWAYS = frozenset({"api", "costly"})


def init_limits(app: Flask) -> None:
    settings: Settings = app.extensions["fanlight.settings"]
    shared: Cache = app.extensions["fanlight.cache"]
    known = app.extensions[QUOTAS] = quotas(settings)
    app.extensions[READS] = Reads(shared, known["read"])
    app.after_request(_tell)


def check_request(name: str) -> None:
    """`default` is a read or a write. Looking at a page is a read, whatever its form is limited by."""
    person, who = viewer(), asker()
    if request.method in SAFE and name not in ALWAYS:
        verdict = cast(Reads, current_app.extensions[READS]).take(who)
    else:
        quota = quota_of("write" if name == "default" else name)
        if name == "mail" and person is None:
            quota = Quota(quota.name, quota.amount * PEOPLE_AT_AN_ADDRESS, quota.seconds, quota.durable)
        verdict = count([(f"limit:{quota.name}:{{{who}}}", quota)])[0]
    g.rate_limit = verdict
    verdict.insist()


def asker() -> str:
    """Whose limits this request uses up."""
    person = viewer()
    return f"person:{person.id.int:x}" if person else f"address:{network(client_address())}"


def take(name: str, who: str) -> None:
    """Counts something by another key than who asks: mails by the account that gets them."""
    count([(f"limit:{name}:{{{who}}}", quota_of(name))])[0].insist()


def quota_of(name: str) -> Quota:
    return cast(Quota, current_app.extensions[QUOTAS][name])


def count(windows: Sequence[window.Window]) -> list[Verdict]:
    verdicts = window.take(cache(), windows)
    if verdicts is not None:
        return verdicts
    if any(quota.durable for _, quota in windows):
        return counters.take(windows)
    return [Verdict(quota, quota.amount - 1) for _, quota in windows]


def _tell(response: Response) -> Response:
    """In the form of draft-ietf-httpapi-ratelimit-headers. Not on pages that caches keep for everybody."""
    if "rate_limit" in g and not is_shared():
        verdict: Verdict = g.rate_limit
        response.headers.add("RateLimit-Policy", verdict.quota.policy)
        response.headers.add("RateLimit", verdict.state)
    return response
