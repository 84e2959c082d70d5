"""The migrations make exactly what the models describe."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

from app.extensions import db
from app.platform import partitions


# Alembic cannot compare operator classes; everything else it does.
@pytest.mark.filterwarnings("ignore:Expression #1")
def test_the_migrated_schema_is_what_the_models_say(context: Flask) -> None:
    with db.engine.connect() as connection:
        seen = MigrationContext.configure(connection, opts={"include_name": _is_ours})
        found = compare_metadata(seen, db.metadata)
    assert found == []


def _is_ours(name: str | None, kind: str, _: object) -> bool:
    """Not what only tests keep beside the house's tables, nor the parts of a big one."""
    return kind != "table" or not (str(name).startswith("test_") or partitions.is_part(str(name)))
