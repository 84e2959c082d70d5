"""What a migration may do while people are there, and while old code lives beside new."""

from pathlib import Path

import pytest
from flask import Flask

from app.extensions import db
from workers.deploy import lint
from workers.deploy.wording import BIG

REFUSED = {
    "a table is dropped": ("taken-away", 'op.drop_table("polls")'),
    "a table is dropped in words": ("taken-away", 'op.execute("DROP TABLE IF EXISTS polls CASCADE")'),
    "a table gets another name": ("taken-away", 'op.rename_table("polls", "questions")'),
    "a column is dropped": ("taken-away", 'op.drop_column("posts", "teaser")'),
    "a column is dropped in words": ("taken-away", 'op.execute("alter table posts drop teaser")'),
    "a column is dropped if it is there": (
        "taken-away",
        'op.execute("alter table only posts drop column if exists teaser")',
    ),
    "a column gets another name": (
        "taken-away",
        'op.alter_column("posts", "teaser", new_column_name="summary")',
    ),
    "a column gets another name in words": (
        "taken-away",
        'op.execute("alter table posts rename column teaser to summary")',
    ),
    "old code leaves a column empty": (
        "not-null",
        'op.add_column("posts", sa.Column("tone", sa.Text(), nullable=False))',
    ),
    "old code leaves it empty, in words": (
        "not-null",
        'op.execute("alter table posts add tone text not null")',
    ),
    "a column may be empty no more": ("not-null", 'op.alter_column("posts", "tone", nullable=False)'),
    "it may be empty no more, in words": (
        "not-null",
        'op.execute("alter table posts alter tone set not null")',
    ),
    "a column gets another type": (
        "rewrite",
        'op.alter_column("posts", "views", existing_type=sa.Integer(), type_=sa.BigInteger())',
    ),
    "it gets another type, in words": ("rewrite", 'op.execute("alter table posts alter views type bigint")'),
    "each row gets an id of its own": (
        "rewrite",
        'op.add_column("posts", sa.Column("key", sa.Uuid(), server_default=sa.text("gen_random_uuid()")))',
    ),
    "each row is reckoned": (
        "rewrite",
        'op.add_column("posts", sa.Column("both", sa.Integer(), sa.Computed("likes + views")))',
    ),
    "an index locks": ("index", 'op.create_index("ix_posts_tone", "posts", ["tone"])'),
    "an index beside, in a transaction": (
        "index",
        'op.create_index("ix_posts_tone", "posts", ["tone"], postgresql_concurrently=True)',
    ),
    "an index locks, in words": (
        "index",
        'op.execute("create unique index ix_posts_tone on posts (tone)")',
    ),
    "a unique key locks": ("index", 'op.create_unique_constraint("uq_posts_tone", "posts", ["tone"])'),
    "a unique column locks": ("index", 'op.add_column("posts", sa.Column("tone", sa.Text(), unique=True))'),
    "a check looks at all rows": ("constraint", 'op.create_check_constraint("tone", "posts", "tone <> 1")'),
    "a reference looks at all rows": (
        "constraint",
        'op.create_foreign_key("fk", "posts", "users", ["tone"], ["id"])',
    ),
    "a reference comes with its column": (
        "constraint",
        'op.add_column("posts", sa.Column("by_id", sa.Uuid(), sa.ForeignKey("users.id")))',
    ),
    "a check looks at all rows, in words": (
        "constraint",
        'op.execute("alter table posts add constraint tone check (tone <> 1)")',
    ),
    "a check is never validated": (
        "validate",
        'op.create_check_constraint("ck_tone", "posts", "tone <> 1", postgresql_not_valid=True)',
    ),
    "a check is validated under its lock": (
        "validate",
        'op.execute("alter table posts validate constraint ck_tone")',
    ),
    "all rows change at once": ("backfill", 'op.execute("update messages set tone = 1 where tone is null")'),
    "all rows change at once, as m": ("backfill", 'op.execute("update messages m set tone = 1")'),
    "many rows go at once": ("backfill", 'op.execute(sa.text("delete from notifications where old"))'),
    "a table is locked": ("lock", 'op.execute("lock table posts in share mode")'),
    "a table is emptied": ("lock", 'op.execute("truncate posts")'),
    "it waits as long as it likes": ("lock", "op.execute(\"set local lock_timeout = '1h'\")"),
    "a statement cannot be read": ("unreadable", "op.execute(f'update {table} set tone = 1')"),
    "a table cannot be read": ("unreadable", "op.drop_column(table, 'tone')"),
    "a batch copies": ("rewrite", 'op.batch_alter_table("posts")'),
}
TAKEN = {
    "a new table, whole": (
        'op.create_table("hats", sa.Column("id", sa.Uuid(), nullable=False)); '
        'op.create_index("ix", "hats", ["id"]); op.create_check_constraint("c", "hats", "id is not null"); '
        'op.add_column("hats", sa.Column("size", sa.Integer(), nullable=False)); '
        'op.execute("alter table hats alter size type bigint")'
    ),
    "a column that may be empty": 'op.add_column("posts", sa.Column("tone", sa.Text()))',
    "a column with a default": (
        'op.add_column("posts", sa.Column("tone", sa.Text(), server_default="calm", nullable=False)); '
        'op.add_column("posts", sa.Column("a", sa.Time(), server_default=sa.text("now()"), nullable=False)); '
        'op.add_column("posts", sa.Column("on", sa.Boolean(), server_default=sa.false(), nullable=False)); '
        "op.execute(\"alter table posts add mood text not null default 'calm'\")"
    ),
    "an index beside": 'expanding.add_index("ix_posts_tone", "posts", ["tone"])',
    "an index beside, by hand": (
        "with op.get_context().autocommit_block(): "
        'op.create_index("ix_posts_tone", "posts", ["tone"], postgresql_concurrently=True)'
    ),
    "a check, validated": (
        'op.create_check_constraint(op.f("ck_tone"), "posts", "tone <> 1", postgresql_not_valid=True); '
        'expanding.validate("posts", "ck_tone")'
    ),
    "rows, some at a time": 'expanding.fill("messages", {"tone": "1"}, where="tone is null")',
    "a few rows": "op.execute(\"update flags set enabled = false where name = 'old'\")",
    "a default, which is for new rows": 'op.execute("alter table posts alter tone set default 1")',
    "a check goes": 'op.execute("alter table posts drop constraint a"); op.drop_constraint("b", "posts")',
    "a text of any length": (
        'op.alter_column("posts", "title", existing_type=sa.String(80), type_=sa.String())'
    ),
    "a function": 'op.execute("create function tone() returns int language sql as $$ select 1 $$")',
}
FRAME = """
import sqlalchemy as sa
from alembic import op
from app.platform import expanding

{more}

def upgrade():
    {upgrade}


def downgrade():
    op.drop_table("hats")
"""


def findings(folder: Path, upgrade: str, more: str = "") -> list[lint.Finding]:
    path = folder / "0900_it.py"
    path.write_text(FRAME.format(upgrade=upgrade, more=more))
    return lint.check([path])


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_stand_in_the_way_is_refused(case: str, tmp_path: Path) -> None:
    rule, upgrade = REFUSED[case]
    assert [found.rule for found in findings(tmp_path, upgrade)] == [rule]


@pytest.mark.parametrize("case", TAKEN)
def test_what_stands_in_nobodys_way_is_taken(case: str, tmp_path: Path) -> None:
    assert findings(tmp_path, TAKEN[case]) == []


def test_what_a_release_stopped_using_may_go_once_that_is_said(tmp_path: Path) -> None:
    upgrade = 'op.drop_column("posts", "teaser"); op.execute("drop table polls")'
    said = 'UNUSED_SINCE = {"posts.teaser": "2026.12", "polls": "2026.12"}'
    assert findings(tmp_path, upgrade, said) == []
    assert len(findings(tmp_path, upgrade, 'UNUSED_SINCE = {"posts.title": "2026.12"}')) == 2


def test_a_statement_above_is_read_where_it_is_used(tmp_path: Path) -> None:
    found = findings(tmp_path, "op.execute(CHANGE)", 'CHANGE = sa.text("update posts set tone = 1")')
    assert [each.rule for each in found] == ["backfill"]
    assert "0900_it.py:9: backfill: " in str(found[0])


def test_the_migrations_of_this_house_stand_in_nobodys_way() -> None:
    assert lint.check(lint.to_check()) == []


def test_those_after_the_baseline_are_looked_at(tmp_path: Path) -> None:
    for name in (
        "0001_first.py",
        f"{lint.BASELINE:04d}_last.py",
        f"{lint.BASELINE + 1:04d}_new.py",
        "unnumbered.py",
    ):
        (tmp_path / name).write_text("")
    looked_at = {path.name for path in lint.to_check(tmp_path)}
    assert looked_at == {f"{lint.BASELINE + 1:04d}_new.py", "unnumbered.py"}


def test_big_tables_are_tables(whole_app: Flask) -> None:
    assert BIG - set(db.metadata.tables) == set()
