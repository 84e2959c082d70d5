"""What people read, and broadcasts that are taken back for all"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015_languages"
down_revision = "0014_broadcasts"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("users", sa.Column("languages", postgresql.ARRAY(sa.Text())))
    op.add_column(
        "users", sa.Column("languages_guessed", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_check_constraint(op.f("ck_users_languages"), "users", "cardinality(languages) between 1 and 5")
    op.add_column("broadcasts", sa.Column("taken_back_at", AT))
    op.add_column("broadcasts", sa.Column("back_done_at", AT))
    op.add_column("broadcasts", sa.Column("back_reached_id", sa.Uuid()))
    for name in ("taken", "kept"):
        op.add_column("broadcasts", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_broadcasts_back_done_at"), "broadcasts", "back_done_at is null or taken_back_at is not null")
    op.create_check_constraint(op.f("ck_broadcasts_taken"), "broadcasts", "taken >= 0 and kept >= 0 and taken + kept <= told")


def downgrade() -> None:
    for name in ("taken", "back_done_at"):
        op.drop_constraint(op.f(f"ck_broadcasts_{name}"), "broadcasts")
    for name in ("kept", "taken", "back_reached_id", "back_done_at", "taken_back_at"):
        op.drop_column("broadcasts", name)
    op.drop_constraint(op.f("ck_users_languages"), "users")
    for name in ("languages_guessed", "languages"):
        op.drop_column("users", name)

