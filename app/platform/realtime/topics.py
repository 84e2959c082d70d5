"""Who may listen to what.

Asked here, in the web process, when a ticket is made; the ticket then carries the answer, so that the
realtime process needs no database for it. Every reconnect asks again.
"""

from collections.abc import Callable, Iterable

from app.platform.viewer import Viewer

MAX_TOPICS = 20
MAX_LENGTH = 100

MayListen = Callable[[Viewer, str], bool]
_authorisers: dict[str, MayListen] = {}


def topic(name: str, may_listen: MayListen) -> None:
    """`may_listen(viewer, subject)` decides over `name:subject`."""
    _authorisers[name] = may_listen


def allowed(viewer: Viewer, wanted: Iterable[str]) -> tuple[str, ...]:
    unique = list(dict.fromkeys(wanted))[:MAX_TOPICS]
    return tuple(full for full in unique if _may_listen(viewer, full))


def _may_listen(viewer: Viewer, full: str) -> bool:
    name, _, subject = full.partition(":")
    decide = _authorisers.get(name)
    return decide is not None and len(full) <= MAX_LENGTH and decide(viewer, subject)
