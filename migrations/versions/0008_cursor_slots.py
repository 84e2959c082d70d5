"""With the last transaction that was read stands the slot from which reading goes on"""

import sqlalchemy as sa
from alembic import op

revision = "0008_cursor_slots"
down_revision = "0007_held_comments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chain_cursors", sa.Column("from_slot", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("chain_cursors", "from_slot")
