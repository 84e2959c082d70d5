"""What recovery did: backups, drills, restores"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017_recovery"
down_revision = "0016_watching"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "recovery_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False),
        sa.Column("began_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("on_record", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_runs")),
        sa.CheckConstraint(
            "kind in ('wal', 'media', 'base', 'drill', 'restore')", name=op.f("ck_recovery_runs_kind")
        ),
    )
    op.create_index(
        "uq_recovery_runs_moved",
        "recovery_runs",
        ["kind"],
        unique=True,
        postgresql_where=sa.text("kind in ('wal', 'media')"),
    )
    op.create_index("ix_recovery_runs_kind", "recovery_runs", ["kind", "ended_at"])
    op.create_index(
        "ix_recovery_runs_waiting", "recovery_runs", ["ended_at"], postgresql_where=sa.text("not on_record")
    )


def downgrade() -> None:
    op.drop_table("recovery_runs")
