"""By the clock: the books are read, and money set aside too long is given back."""

import logging

from flask import Flask
from sqlalchemy import text

from app.ledger import verifying
from app.ledger.operations import holds
from app.platform import metrics, schedule
from app.platform.transaction import transaction

log = logging.getLogger(__name__)

DAY = 24 * 3600

# 1 where the last look found nothing, 0 where it did; and how long ago all of it was read.
FIGURES = text("""
    select
      (select (found = '[]')::int from ledger_checks order by id desc limit 1) as fanlight_ledger_verified,
      (select extract(epoch from :now - at) from ledger_checks where whole order by id desc limit 1)
        as fanlight_ledger_verified_whole_seconds_ago
""")


def init_app(app: Flask) -> None:
    metrics.tell(app, FIGURES)


@schedule.every(DAY, "ledger.verify")
def verify_all() -> None:
    _verify(whole=True)


@schedule.every(300, "ledger.verify_late")
def verify_late() -> None:
    _verify(whole=False)


@schedule.every(30, "ledger.void_expired")
def void_expired() -> None:
    with transaction():
        holds.void_expired()


def _verify(*, whole: bool) -> None:
    verdict = verifying.verify_and_note(whole=whole)
    if not verdict.good:
        log.error("the ledger is not whole", extra={"found": verdict.found})
