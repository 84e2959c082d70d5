"""A worker fills the pages, some at a time: whoever looks around meanwhile finds more each time."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from app.demo import drawing_room, notices, people, plans, rows, sales
from app.demo.made_ids import Edition
from app.media import jobs as media_jobs
from app.platform import work

FILL, SELL = "demo.fill", "demo.sell"
ATTEMPTS = 5
# The page of the demo's creator is the fullest and stands alone.
AT_ONCE = 5


def ask_to_fill(at: datetime) -> int:
    """For pages that nothing was made for yet. How many pieces of work nobody had asked for before."""
    empty = rows.empty_pages()
    asked = [
        work.enqueue(FILL, {"pages": piece, "at": at.isoformat()}, unique_key=f"{FILL}:{piece[0]}")
        for piece in _pieces()
        if empty & set(piece)
    ]
    return sum(one is not None for one in asked)


def _pieces() -> Iterator[list[str]]:
    """The same each time, whatever is full already, so that none is asked for twice."""
    handles = plans.liveliest_first()
    handles.remove(people.CREATOR.handle)
    yield [people.CREATOR.handle]
    yield from (handles[at : at + AT_ONCE] for at in range(0, len(handles), AT_ONCE))


@work.handler(FILL, queue="media", max_attempts=ATTEMPTS, transactional=False)
def fill(payload: dict[str, Any]) -> None:
    """Done again it makes the same once more; a page that is full stays as it is."""
    edition, empty = Edition(datetime.fromisoformat(payload["at"])), rows.empty_pages()
    pages = [plans.plan(handle, edition) for handle in payload["pages"] if handle in empty]
    laid = drawing_room.lay([one for page in pages for one in page.media])
    for page in pages:
        with work.recording():
            waiting = rows.put_media(page, laid)
        for media_id in waiting:
            media_jobs.process({"media_id": str(media_id)})
        with work.recording():
            rows.put_posts(page, edition)
            notices.put_in(page, edition)
            ask_to_sell(page.handle, edition.at)


def ask_to_sell(handle: str, at: datetime) -> None:
    payload = {"page": handle, "at": at.isoformat()}
    work.enqueue(SELL, payload, unique_key=f"{SELL}:{handle}")


@work.handler(SELL, max_attempts=ATTEMPTS)
def sell(payload: dict[str, Any]) -> None:
    sales.put_in(payload["page"], datetime.fromisoformat(payload["at"]))
