"""Whether the database is at the newest migration, without loading the application for the answer."""

import re
from pathlib import Path

import psycopg2

from workers.stack.environment import ROOT

VERSIONS = ROOT / "migrations" / "versions"
ASSIGNED = re.compile(r"""^(revision|down_revision)\b[^=\n]*=\s*(?:["']([^"'\n]+)["']|None)""", re.MULTILINE)


def is_at_head(url: str, versions: Path = VERSIONS) -> bool:
    """No means only "not surely": the migrations then look themselves."""
    heads = _heads(versions)
    if len(heads) != 1:
        return False
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT version_num FROM alembic_version")
            return {row[0] for row in cursor.fetchall()} == heads
    except psycopg2.errors.UndefinedTable:
        return False
    finally:
        connection.close()


def known(versions: Path = VERSIONS) -> set[str]:
    """Every revision that this release has."""
    return _named(versions)["revision"]


def _heads(versions: Path) -> set[str]:
    named = _named(versions)
    return named["revision"] - named["down_revision"]


def _named(versions: Path) -> dict[str, set[str]]:
    named: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for file in versions.glob("*.py"):
        for name, value in ASSIGNED.findall(file.read_text()):
            named[name].add(value)
    return named
