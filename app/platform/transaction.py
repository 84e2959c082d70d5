"""One transaction a request or job, committed once, at its boundary.

Operations call `after_commit` for what must not happen unless the commit did: enqueueing, publishing.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from app.extensions import BoundarySession, db

log = logging.getLogger(__name__)


def session() -> BoundarySession:
    current = db.session()
    assert isinstance(current, BoundarySession)
    return current


@contextmanager
def transaction() -> Iterator[None]:
    """Commits at the outermost exit, rolls everything back when anything is raised on the way."""
    current = session()
    if current.depth:
        yield
        return
    current.rollback()  # what was read in autocommit before is not part of this transaction
    current.info.update(depth=1, after_commit={})
    try:
        yield
        current.commit()
    except BaseException:
        current.rollback()
        raise
    else:
        waiting = current.info["after_commit"]
        current.info["depth"] = 0
        _run(waiting.values())
    finally:
        current.info["depth"] = 0


def after_commit(action: Callable[[], object], *, once: str = "") -> None:
    """Of those that are asked for `once` under the same name, the first is enough."""
    current = session()
    if not current.depth:
        raise RuntimeError("after_commit outside transaction()")
    current.info["after_commit"].setdefault(once or object(), action)


def in_transaction() -> bool:
    return bool(session().depth)


def _run(actions: Iterable[Callable[[], object]]) -> None:
    for action in actions:
        try:
            action()
        except Exception:
            # The commit stands. Whatever this was, a sweep redrives it.
            log.exception("after-commit action failed")
