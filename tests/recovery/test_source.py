"""The role that backups read the database by may do what they need, and it is noticed when it may not."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import make_dsn

from workers.recovery.bases import wanted_parent
from workers.recovery.catalogue import Base, Catalogue, segment
from workers.recovery.service import is_due
from workers.recovery.source import Source
from workers.stack.embedded import EmbeddedServers

ROLE = "a_reader_of_the_log"


@pytest.fixture
def admin(servers: EmbeddedServers) -> Iterator["psycopg2.extensions.cursor"]:
    connection = psycopg2.connect(servers.admin_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"create role {ROLE} login replication password 'theirs'")
        try:
            yield cursor
        finally:
            cursor.execute(f"drop role {ROLE}")
    connection.close()


def test_who_may_read_the_log_may_still_not_see_how_far_it_was_read(
    admin: "psycopg2.extensions.cursor", servers: EmbeddedServers
) -> None:
    theirs = Source(make_dsn(servers.admin_url, user=ROLE, password="theirs"), {}, Path("/nowhere"))
    assert not theirs.sees_readers()
    admin.execute(f"grant pg_read_all_stats to {ROLE}")
    assert theirs.sees_readers()


def test_a_base_that_a_clock_made_that_was_ahead_is_none_of_today(servers: EmbeddedServers) -> None:
    """Else there would be no other until that day, and none that follows would lead anywhere."""
    source = Source(servers.admin_url, {}, Path("/nowhere"))
    facts, now = source.facts() | {"incremental": True}, source.now()
    place = facts["segment_size"]

    def a_base(id: str, days: float, number: int) -> Base:
        at = now + timedelta(days=days)
        return Base(id, facts["system"], 1, number * place, number * place + 9, at, at, segment_size=place)

    def a_store(*bases: Base) -> Catalogue:
        last = max(base.after for base in bases) // place
        return Catalogue(bases, {facts["system"]: frozenset(segments(place, last))}, {})

    before, ahead, today = a_base("before", -2, 0), a_base("ahead", 365, 1), a_base("today", -0.1, 2)
    assert is_due(a_store(before, ahead), source)
    assert not is_due(a_store(before, ahead, today), source)
    assert wanted_parent(a_store(before, ahead, today), facts, 1, 7) == today


def segments(size: int, last: int) -> list[str]:
    return [segment(1, number * size, size) for number in range(last + 1)]
