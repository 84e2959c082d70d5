"""Comments that wait for their creator are found without reading all the others"""

from alembic import op

revision = "0007_held_comments"
down_revision = "0006_tier_ranks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_comments_held", "comments", ["post_id"], postgresql_where="state = 'held'")


def downgrade() -> None:
    op.drop_index("ix_comments_held", "comments")
