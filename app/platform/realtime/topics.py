"""Who may listen to what.

Asked here, in the web process, when a ticket is made; the ticket then carries the answer, so that the
realtime process needs no database for it. Every reconnect asks again.
"""

from collections.abc import Callable, Iterable, Sequence

from app.platform.viewer import Viewer

MAX_TOPICS = 20
MAX_LENGTH = 100
# What one word may stand for.
MAX_BUNDLED = 50

MayListen = Callable[[Viewer, str], bool]
Bundled = Callable[[Viewer], Sequence[str]]
_authorisers: dict[str, MayListen] = {}
_bundles: dict[str, Bundled] = {}


def topic(name: str, may_listen: MayListen) -> None:
    """`may_listen(viewer, subject)` decides over `name:subject`."""
    _authorisers[name] = may_listen


def bundle(name: str, topics_of: Bundled) -> None:
    """`name` stands for all these topics: the page need not know them."""
    _bundles[name] = topics_of


def allowed(viewer: Viewer, wanted: Iterable[str]) -> tuple[str, ...]:
    unique = list(dict.fromkeys(wanted))[:MAX_TOPICS]
    return tuple(dict.fromkeys(topic for full in unique for topic in _heard(viewer, full)))


def _heard(viewer: Viewer, full: str) -> Sequence[str]:
    if full in _bundles:
        return _bundles[full](viewer)[:MAX_BUNDLED]
    return [full] if _may_listen(viewer, full) else []


def _may_listen(viewer: Viewer, full: str) -> bool:
    name, _, subject = full.partition(":")
    decide = _authorisers.get(name)
    return decide is not None and len(full) <= MAX_LENGTH and decide(viewer, subject)
