"""Big tables that only grow, a part for each month of their ids (UUIDv7 begin with the time of their making).

    partitions.keep("messages")      # in a feature's init_app; the table is made with a default part

The scheduler makes the parts some months ahead. What finds no part of its own (a clock that was wrong, a
scheduler that stood still for months) goes to the default part, and stays readable there.
"""

import logging
import re
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.extensions import db
from app.kit import clock
from app.kit.ids import first_of
from app.platform import schedule
from app.platform.transaction import transaction

log = logging.getLogger(__name__)

AHEAD = 3
DAY = 86_400
# Of <table>_y2026m11 and <table>_default.
PART = re.compile(r"(.+)_(y\d{4}m\d{2}|default)")
KNOWN = text("select to_regclass(:name) is not null")
MAKE = text("select make_part(:table, :name, :begins, :ends)")

_kept: dict[str, None] = {}


def keep(table: str) -> None:
    # A second create_app changes nothing.
    _kept[table] = None


def is_part(name: str) -> bool:
    found = PART.fullmatch(name)
    return found is not None and found[1] in _kept


@schedule.every(DAY, "partitions.make")
def make() -> None:
    for table in _kept:
        for ahead in range(AHEAD + 1):
            _make_one(table, _month(ahead))


def _make_one(table: str, first: datetime) -> None:
    name = f"{table}_y{first:%Y}m{first:%m}"
    if db.session.scalar(KNOWN, {"name": name}):
        return
    begins, ends = first_of(first), first_of(_next(first))
    try:
        with transaction():
            db.session.execute(text("set local lock_timeout = '3s'"))
            db.session.execute(MAKE, {"table": table, "name": name, "begins": begins, "ends": ends})
    except DBAPIError:
        # The default part holds rows of that month, or somebody reads for long: tomorrow is early enough.
        log.exception("no part made", extra={"part": name})


def _month(ahead: int) -> datetime:
    first = clock.now().astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(ahead):
        first = _next(first)
    return first


def _next(first: datetime) -> datetime:
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
