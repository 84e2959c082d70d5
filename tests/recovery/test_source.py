"""The role that backups read the database by may do what they need, and it is noticed when it may not."""

from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import make_dsn

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
