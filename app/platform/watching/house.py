"""The platform's own figures: work, events in and out, mail, who came in and who did not, processes."""

import platform
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis
from flask import Flask
from sqlalchemy import Connection, text

from app.kit import clock
from app.platform import health, inbox, work
from app.platform.audit import Action
from app.platform.cache import cache
from app.platform.settings import settings
from app.platform.watching.beating import GONE_AFTER_SECONDS
from app.platform.watching.figures import Sample, figures
from app.platform.watching.models import ROLES
from app.platform.watching.release import release
from app.platform.work import QUEUES

# A backlog longer than this is told as this long.
MOST = 10_000
# What tells of somebody who tries doors, or carries much away.
SECURITY = (
    Action.SIGNED_IN,
    Action.SIGN_IN_FAILED,
    Action.JOINED,
    Action.PASSWORD_RESET_ASKED,
    Action.ROLES_CHANGED,
    Action.EXPORT_ASKED,
    Action.EXPORT_FETCHED,
    Action.DELETED,
)

# Of the whole house, as probes and older dashboards know them.
BACKLOG = text("""
    with late as (
      select due_at from work_items
      where due_at <= :now and (state = 'due' or (state = 'running' and leased_until < clock_timestamp()))
      order by due_at limit :most
    )
    select
      (select count(*) from late) as fanlight_work_due,
      (select coalesce(extract(epoch from :now - min(due_at)), 0)::float from late)
        as fanlight_work_oldest_due_seconds,
      (select count(*) from work_items
       where state = 'failed' and finished_at > :now - interval '1 day') as fanlight_work_failed_last_day,
      (select coalesce(extract(epoch from :now - min(at)), 0)::float from outbox
       where delivered_at is null) as fanlight_outbox_oldest_seconds,
      (select count(*) from (select from outbox where delivered_at is null limit :most) waiting)
        as fanlight_outbox_waiting,
      (select count(*) from mails
       where state = 'failed' and created_at > :now - interval '1 day') as fanlight_mails_failed_last_day
""")
WORK = text("""
    select known.queue,
      count(*) filter (where waits) as fanlight_work_waiting,
      count(*) filter (where not waits) as fanlight_work_running,
      coalesce(extract(epoch from :now - min(due_at) filter (where waits)), 0)::float
        as fanlight_work_waiting_oldest_seconds
    from unnest(cast(:queues as text[])) known(queue)
    left join lateral (
      select due_at, state = 'due' or leased_until < clock_timestamp() as waits from work_items w
      where w.queue = known.queue and state in ('due', 'running') and due_at <= :now
      order by due_at limit :most
    ) one on true
    group by known.queue
""")
FAILED = text("""
    select known.kind, count(w.id) as fanlight_work_failed_last_hour
    from unnest(cast(:kinds as text[])) known(kind)
    left join work_items w
      on w.kind = known.kind and state = 'failed' and finished_at > :now - interval '1 hour'
    group by known.kind
""")
INBOX = text("""
    select known.source, count(received_at) as fanlight_inbox_waiting,
      coalesce(extract(epoch from :now - min(received_at)), 0)::float as fanlight_inbox_oldest_seconds
    from unnest(cast(:sources as text[])) known(source)
    left join lateral (
      select received_at from inbox i where i.source = known.source and handled_at is null
        and received_at > :now - interval '30 days'
      order by received_at limit :most
    ) one on true
    group by known.source
""")
MAILS = text("""
    select known.state, count(m.id) as fanlight_mails_last_hour
    from unnest(array['waiting', 'sent', 'failed']) known(state)
    left join mails m on m.state = known.state and m.created_at > :now - interval '1 hour'
    group by known.state
""")
RETURNED = text("""
    select
      count(*) filter (where bounced_at is not null) as fanlight_mails_bounced_last_day,
      count(*) filter (where complained_at is not null) as fanlight_mails_complained_last_day
    from mail_suppressions where id >= :day
""")
DOORS = text("""
    select known.action, count(a.action) as fanlight_security_events_last_5_minutes
    from unnest(cast(:actions as text[])) known(action)
    left join (select action from audit_log where id >= :minutes) a on a.action = known.action
    group by known.action
""")
UNSEALED = text("""
    select coalesce(extract(epoch from :now - min(a.at)), 0)::float as fanlight_audit_unsealed_oldest_seconds
    from (select audit_id from audit_unsealed order by number limit 1) u join audit_log a on a.id = u.audit_id
""")
FACTS = text("""
    select name as what, ok::int as fanlight_noted_ok,
      extract(epoch from clock_timestamp() - at)::float as fanlight_noted_seconds_ago
    from noted_facts
""")
CERTIFICATE = text("""
    select value - extract(epoch from clock_timestamp()) as fanlight_certificate_ends_in_seconds
    from noted_facts where name = 'certificate' and value is not null
""")
PROCESSES = text("""
    select known.role,
      count(*) filter (where here) as fanlight_processes,
      coalesce(max(memory_bytes) filter (where here), 0) as fanlight_process_memory_bytes,
      coalesce(sum(errors) filter (where here), 0) as fanlight_process_errors,
      count(*) filter (where started_at > clock_timestamp() - interval '1 hour')
        as fanlight_process_starts_last_hour
    from unnest(cast(:roles as text[])) known(role)
    left join lateral (
      select memory_bytes, errors, started_at,
             seen_at > clock_timestamp() - make_interval(secs => :gone_after) as here
      from process_beats b where b.role = known.role
    ) one on true
    group by known.role
""")
SOCKETS = text("""
    select coalesce(sum(sockets), 0) as fanlight_sockets_open from process_beats
    where seen_at > clock_timestamp() - make_interval(secs => :gone_after)
""")
DATABASE = text("""
    select pg_database_size(datname) as fanlight_database_bytes,
      blks_hit as fanlight_database_blocks_kept_total, blks_read as fanlight_database_blocks_read_total,
      deadlocks as fanlight_database_deadlocks_total,
      current_setting('max_connections')::int as fanlight_database_connections_most,
      (select count(*) from pg_stat_activity where backend_type = 'client backend')
        as fanlight_database_connections,
      (select coalesce(extract(epoch from max(clock_timestamp() - xact_start)), 0)::float
       from pg_stat_activity
       where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid())
        as fanlight_database_longest_transaction_seconds
    from pg_stat_database where datname = current_database()
""")
CLOCK = text("select extract(epoch from clock_timestamp())::float, current_setting('server_version')")
VERSIONS = text("select version_num from alembic_version")


def init_house(app: Flask) -> None:
    known = figures(app)
    gone = {"gone_after": GONE_AFTER_SECONDS}
    known.statements += [
        (BACKLOG, {"most": MOST}),
        (WORK, {"queues": list(QUEUES), "most": MOST}),
        # Kinds and sources are known once all features are there.
        (FAILED, {"kinds": lambda: [kind.name for kind in work.kinds()]}),
        (INBOX, {"sources": inbox.sources, "most": MOST}),
        (MAILS, {}),
        (RETURNED, {}),
        (DOORS, {"actions": [action.value for action in SECURITY]}),
        (UNSEALED, {}),
        (FACTS, {}),
        (CERTIFICATE, {}),
        (PROCESSES, {"roles": list(ROLES)} | gone),
        (SOCKETS, gone),
        (DATABASE, {}),
    ]
    known.measures += [_disks, _redis]
    known.database += [_about]


def _about(connection: Connection) -> Iterator[Sample]:
    """How far our clock is from the database's, and of which versions the house is made."""
    ours = clock.SystemClock()
    before = ours.now().timestamp()
    theirs, server = connection.execute(CLOCK).one()
    yield "fanlight_clock_offset_seconds", (), (before + ours.now().timestamp()) / 2 - theirs
    check = health.migrations(connection)
    yield "fanlight_migrations_behind", (), float(not check.ok)
    labels = {
        "release": release(settings()),
        "python": platform.python_version(),
        "postgresql": str(server).split(" ", maxsplit=1)[0],
        "migration": check.detail,
    }
    yield "fanlight_info", tuple(sorted(labels.items())), 1.0


def _disks() -> Iterator[Sample]:
    for folder, path in folders().items():
        usage = shutil.disk_usage(path)
        label = (("folder", folder),)
        yield "fanlight_disk_free_bytes", label, float(usage.free)
        yield "fanlight_disk_bytes", label, float(usage.total)


def folders() -> dict[str, Path]:
    """Where the house writes, each disk once."""
    data = settings().data_dir
    wanted = {"data": data, "files": data / "storage", "database": data / "servers"}
    found: dict[str, Path] = {}
    seen: set[int] = set()
    for name, path in wanted.items():
        if path.exists() and (device := path.stat().st_dev) not in seen:
            seen.add(device)
            found[name] = path
    return found


def _redis() -> Iterator[Sample]:
    nothing: dict[str, Any] = {}
    info, lengths = cache().attempt(_ask_redis, (nothing, [0] * len(QUEUES)))
    yield "fanlight_redis_up", (), float(bool(info))
    if not info:
        return
    for queue, length in zip(QUEUES, lengths, strict=True):
        yield "fanlight_queue_length", (("queue", queue),), float(length)
    yield "fanlight_redis_info", (("redis", str(info.get("redis_version", ""))),), 1.0
    for name, said in TOLD_BY_REDIS.items():
        yield name, (), float(info.get(said, 0))


TOLD_BY_REDIS = {
    "fanlight_redis_memory_bytes": "used_memory",
    "fanlight_redis_memory_most_bytes": "maxmemory",
    "fanlight_redis_clients": "connected_clients",
    "fanlight_redis_hits_total": "keyspace_hits",
    "fanlight_redis_misses_total": "keyspace_misses",
    "fanlight_redis_evicted_total": "evicted_keys",
}


def _ask_redis(client: redis.Redis) -> tuple[dict[str, Any], list[int]]:
    with client.pipeline(transaction=False) as pipe:
        pipe.info()
        for queue in QUEUES:
            pipe.llen(f"rq:queue:{queue}")
        info, *lengths = pipe.execute()
    return info, lengths
