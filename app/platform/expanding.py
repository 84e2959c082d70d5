"""What a migration does to tables that are in use, so that nobody waits for it.

    expanding.add_index("ix_posts_pinned", "posts", ["creator_id"], where="pinned")
    expanding.validate("posts", "ck_posts_pinned")      # what was made with postgresql_not_valid=True
    expanding.fill("posts", {"pinned": "false"}, where="pinned is null")

Each leaves the migration's transaction: what was done before stays, and has to bear being done again.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

AT_ONCE = 2_000
# An index waits for transactions that are older than itself; visitors do not wait for it.
PATIENCE = sa.text("set lock_timeout = '10min'")
AS_BEFORE = sa.text("reset lock_timeout")


def add_index(
    name: str, table: str, columns: Sequence[str], *, unique: bool = False, where: str | None = None
) -> None:
    """One that was begun and cut off is useless, and goes first."""
    with _beside_visitors():
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        op.create_index(
            name,
            table,
            list(columns),
            unique=unique,
            postgresql_where=sa.text(where) if where else None,
            postgresql_concurrently=True,
        )


def validate(table: str, constraint: str) -> None:
    """That all rows keep to it; new ones did from the moment it was there."""
    with _beside_visitors():
        quoted = op.get_bind().dialect.identifier_preparer.quote
        op.execute(f"alter table {quoted(table)} validate constraint {quoted(constraint)}")


def fill(table: str, values: Mapping[str, str], *, where: str, key: str = "id") -> None:
    """A few rows at a time, each few for good, until none is left that `where` finds."""
    rows = sa.table(table, sa.column(key), *(sa.column(name) for name in values))
    some = sa.select(rows.c[key]).where(sa.text(where)).limit(AT_ONCE)
    change = sa.update(rows).where(rows.c[key].in_(some)).values({n: sa.text(v) for n, v in values.items()})
    with op.get_context().autocommit_block():
        while op.get_bind().execute(change).rowcount:
            pass


@contextmanager
def _beside_visitors() -> Iterator[None]:
    with op.get_context().autocommit_block():
        op.execute(PATIENCE)
        try:
            yield
        finally:
            op.execute(AS_BEFORE)
