"""Archived tiers keep their ranks, so there are as many as a creator ever had"""

from alembic import op

revision = "0006_tier_ranks"
down_revision = "0005_money"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("ck_tiers_rank"), "tiers")
    op.create_check_constraint("rank", "tiers", "rank >= 1")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_tiers_rank"), "tiers")
    op.create_check_constraint("rank", "tiers", "rank between 1 and 20")
