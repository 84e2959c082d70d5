"""What nobody needs any more goes, hourly, in small bites."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select, true, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.extensions import db
from app.kit import clock
from app.platform import schedule
from app.platform.models import (
    AccessEnded,
    IdempotencyKey,
    Mail,
    MailSuppression,
    OutboxEvent,
    RateCounter,
    WorkItem,
)
from app.platform.storage import LocalStorage, storage
from app.platform.transaction import transaction

BITE = 2_000
# No upload takes longer.
HALF_WRITTEN_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Rule:
    since: InstrumentedAttribute[Any]
    keep: timedelta
    only: ColumnElement[bool]


_PASSING = and_(MailSuppression.bounced_at.is_(None), MailSuppression.complained_at.is_(None))
RULES = (
    Rule(IdempotencyKey.created_at, timedelta(hours=48), true()),
    Rule(WorkItem.finished_at, timedelta(days=7), WorkItem.state == "done"),
    # Somebody may still want to know why.
    Rule(WorkItem.finished_at, timedelta(days=90), WorkItem.state == "failed"),
    Rule(OutboxEvent.delivered_at, timedelta(days=7), true()),
    Rule(RateCounter.expires_at, timedelta(), true()),
    Rule(AccessEnded.at, timedelta(days=1), true()),
    Rule(Mail.created_at, timedelta(days=90), true()),
    # Trouble that has passed.
    Rule(MailSuppression.paused_until, timedelta(days=30), _PASSING),
    Rule(
        MailSuppression.created_at, timedelta(days=30), and_(_PASSING, MailSuppression.paused_until.is_(None))
    ),
)
_of_features: dict[str, Rule] = {}


def keep(since: InstrumentedAttribute[Any], days: int, only: ColumnElement[bool] | None = None) -> None:
    """A feature's own rule: rows, or only such rows, go `days` after the moment in this column."""
    _of_features[str(since)] = Rule(since, timedelta(days=days), true() if only is None else only)


@schedule.every(3600, "cleanup")
def clean() -> None:
    for rule in (*RULES, *_of_features.values()):
        before = clock.now() - rule.keep
        while _bite(rule, before) == BITE:
            continue
    _clear_unfinished_files()


def _clear_unfinished_files() -> None:
    files = storage()
    if isinstance(files, LocalStorage):
        files.clear_unfinished(before=time.time() - HALF_WRITTEN_SECONDS)


def _bite(rule: Rule, before: datetime) -> int:
    model = rule.since.class_
    key = tuple_(*model.__table__.primary_key.columns)
    old = select(*model.__table__.primary_key.columns).where(rule.since < before, rule.only).limit(BITE)
    with transaction():
        gone = db.session.execute(
            delete(model).where(key.in_(old)).execution_options(synchronize_session=False)
        )
    return int(gone.rowcount)  # type: ignore[attr-defined]
