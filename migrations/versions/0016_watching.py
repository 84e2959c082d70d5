"""Which processes live, what happened at last, and two indexes for what failed and what waits"""

import sqlalchemy as sa
from alembic import op

revision = "0016_watching"
down_revision = "0015_languages"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    op.create_table(
        "process_beats",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("release", sa.String(), nullable=False),
        sa.Column("started_at", AT, server_default=NOW, nullable=False),
        sa.Column("seen_at", AT, server_default=NOW, nullable=False),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
        sa.Column("sockets", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_beats")),
        sa.CheckConstraint(
            "role in ('web', 'realtime', 'worker', 'scheduler')", name=op.f("ck_process_beats_role")
        ),
    )
    op.create_index(op.f("ix_process_beats_seen_at"), "process_beats", ["seen_at"])
    op.create_table(
        "noted_facts",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", AT, server_default=NOW, nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("value", sa.Float()),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_noted_facts")),
    )
    # Small parts of tables that are swept or narrow: they are built in the moment that the lock may take.
    op.create_index(
        op.f("ix_work_items_failed"),
        "work_items",
        ["finished_at"],
        postgresql_where=sa.text("state = 'failed'"),
    )
    op.create_index(
        op.f("ix_inbox_waiting"),
        "inbox",
        ["source", "received_at"],
        postgresql_where=sa.text("handled_at is null"),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_inbox_waiting"), "inbox")
    op.drop_index(op.f("ix_work_items_failed"), "work_items")
    op.drop_table("noted_facts")
    op.drop_table("process_beats")
