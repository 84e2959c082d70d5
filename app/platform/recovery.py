"""What recovery did, as it tells it (workers/recovery): kept on record, measured, missed when late.

It works beside the house and without it; here are only its notes.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from app.extensions import db
from app.platform import audit, metrics, personal_data, schedule
from app.platform.audit import Action
from app.platform.models import RecoveryRun
from app.platform.settings import settings
from app.platform.transaction import transaction
from app.platform.watching import noting

log = logging.getLogger(__name__)

ON_RECORD = {"base": Action.BACKUP_MADE, "drill": Action.DRILL_HELD, "restore": Action.HOUSE_RESTORED}
NOTED = {"base": noting.BACKUP, "wal": noting.WAL, "drill": noting.DRILL}
# What a clock noted that was ahead is not the latest until that day. The machines of a house differ by less.
NOW_AT_MOST = func.clock_timestamp() + timedelta(minutes=5)
LATEST = (
    select(RecoveryRun)
    .ext(distinct_on(RecoveryRun.kind))
    .where(RecoveryRun.kind.in_(NOTED), RecoveryRun.ended_at < NOW_AT_MOST)
    .order_by(RecoveryRun.kind, RecoveryRun.ended_at.desc())
)
AT_ONCE = 50
# How late each may be before somebody has to look.
LOG_LATE, BASE_LATE = timedelta(minutes=5), timedelta(hours=50)
MISSED_DRILLS = 2

# By the machine's time, as the notes are.
FIGURES = text("""
    with latest as (
      select kind, max(ended_at) filter (where good) as at from recovery_runs
      where ended_at < clock_timestamp() + interval '5 minutes' group by kind
    ),
    drill as (
      select good, (facts->>'rpo_seconds')::float as rpo, (facts->>'rto_seconds')::float as rto
      from recovery_runs where kind = 'drill' and ended_at < clock_timestamp() + interval '5 minutes'
      order by ended_at desc limit 1
    ),
    ages as (select kind, extract(epoch from clock_timestamp() - at)::float as seconds from latest)
    select
      (select seconds from ages where kind = 'wal') as fanlight_backup_log_age_seconds,
      (select seconds from ages where kind = 'media') as fanlight_backup_media_age_seconds,
      (select seconds from ages where kind = 'base') as fanlight_backup_base_age_seconds,
      (select seconds from ages where kind = 'drill') as fanlight_drill_age_seconds,
      (select (not good)::int from drill) as fanlight_drill_failed,
      (select rpo from drill) as fanlight_drill_rpo_seconds,
      (select rto from drill) as fanlight_drill_rto_seconds
""")
LAST_GOOD = text("""
    select kind, max(ended_at) as at from recovery_runs
    where good and ended_at < clock_timestamp() + interval '5 minutes' group by kind
""")
NOW = text("select clock_timestamp()")


@dataclass(frozen=True, slots=True)
class Standing:
    """For a page: whether backups are made at all, when each last went well, and how the last drill went."""

    wanted: bool
    log_at: datetime | None
    media_at: datetime | None
    base_at: datetime | None
    drill: RecoveryRun | None
    troubles: tuple[str, ...]


def init_recovery(app: Flask) -> None:
    metrics.tell(app, FIGURES)
    personal_data.exempt(app, "recovery_runs", "when backups were made, and how long they are")


def standing() -> Standing:
    last = {row.kind: row.at for row in db.session.execute(LAST_GOOD)}
    drill = db.session.scalars(
        select(RecoveryRun)
        .where(RecoveryRun.kind == "drill", RecoveryRun.ended_at < NOW_AT_MOST)
        .order_by(RecoveryRun.ended_at.desc())
        .limit(1)
    ).one_or_none()
    now = db.session.execute(NOW).scalar_one()
    wanted = bool(settings().backup_to)
    troubles = tuple(_troubles(last, drill, now)) if wanted else ()
    return Standing(wanted, last.get("wal"), last.get("media"), last.get("base"), drill, troubles)


@schedule.every(60, "recovery.record")
def put_on_record() -> None:
    """What it did stands in the audit log as well; what went wrong, in the log that somebody is woken by."""
    with transaction():
        waiting = db.session.scalars(
            select(RecoveryRun)
            .where(~RecoveryRun.on_record)
            .order_by(RecoveryRun.ended_at)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        for run in waiting:
            facts = {"good": run.good, **run.facts}
            audit.record(ON_RECORD[run.kind], actor=None, subject=("recovery", run.id), **facts)
            run.on_record = True
            if not run.good:
                log.error("recovery failed", extra={"kind": run.kind, "trouble": run.trouble})


@schedule.every(20, "recovery.note")
def tell_the_watch() -> None:
    """How each went at last, where owners and alerts look for it."""
    for run in db.session.scalars(LATEST).all():
        noting.note(NOTED[run.kind], ok=run.good, detail=run.trouble, at=run.ended_at)


@schedule.every(3600, "recovery.watch")
def watch() -> None:
    for trouble in standing().troubles:
        log.error("recovery is late", extra={"trouble": trouble})


def _troubles(last: dict[str, datetime], drill: RecoveryRun | None, now: datetime) -> list[str]:
    def late(kind: str, by: timedelta) -> bool:
        return kind not in last or now - last[kind] > by

    days = settings().backup_drill_days
    found = []
    if late("wal", LOG_LATE):
        found.append("The database's log does not reach the backup store.")
    if not settings().s3_bucket and late("media", timedelta(hours=1)):
        found.append("Uploaded files do not reach the backup store.")
    if late("base", BASE_LATE):
        found.append("There is no base backup of the last two days.")
    if days and (drill is None or late("drill", timedelta(days=days * MISSED_DRILLS))):
        found.append("No drill has succeeded lately: nobody knows whether a restore would work.")
    elif drill is not None and not drill.good:
        found.append(f"The last drill failed. {drill.trouble}")
    return found
