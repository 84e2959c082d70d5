"""People hide people; a comment that was taken down knows what it was before"""

import sqlalchemy as sa
from alembic import op

revision = "0004_hiding_people"
down_revision = "0003_ledger"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hidden_people",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("hidden_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("user_id <> hidden_id", name=op.f("ck_hidden_people_others")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_hidden_people_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["hidden_id"], ["users.id"], name=op.f("fk_hidden_people_hidden_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "hidden_id", name=op.f("pk_hidden_people")),
    )
    op.create_index(op.f("ix_hidden_people_hidden_id"), "hidden_people", ["hidden_id"], unique=False)
    op.add_column("comments", sa.Column("state_before", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("comments", "state_before")
    op.drop_table("hidden_people")
