"""The short answer to whether migrations are needed; "no" is always safe."""

from pathlib import Path

import psycopg2
import pytest

from workers.stack.embedded import EmbeddedServers
from workers.stack.schema import is_at_head

FIRST = 'revision = "0001_people"\ndown_revision = None\n'
SECOND = 'revision: str = "0002_posts"\ndown_revision: str | None = "0001_people"\n'


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    (tmp_path / "0001_people.py").write_text(FIRST)
    (tmp_path / "0002_posts.py").write_text(SECOND)
    return tmp_path


def test_only_the_newest_migration_counts(servers: EmbeddedServers, versions: Path) -> None:
    connection = psycopg2.connect(servers.admin_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        assert not is_at_head(servers.admin_url, versions)
        cursor.execute("CREATE TABLE alembic_version (version_num text)")
        try:
            cursor.execute("INSERT INTO alembic_version VALUES ('0001_people')")
            assert not is_at_head(servers.admin_url, versions)
            cursor.execute("UPDATE alembic_version SET version_num = '0002_posts'")
            assert is_at_head(servers.admin_url, versions)
        finally:
            cursor.execute("DROP TABLE alembic_version")
    connection.close()


def test_two_heads_are_left_to_the_migrations_to_complain_about(
    servers: EmbeddedServers, versions: Path
) -> None:
    (versions / "0002_other.py").write_text(SECOND.replace("posts", "other"))
    assert not is_at_head(servers.admin_url, versions)
