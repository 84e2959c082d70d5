"""What a bank takes back that its payer has as credit"""

import sqlalchemy as sa
from alembic import op

from app.platform import expanding

revision = "0019_taken_credit"
down_revision = "0018_strangers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Looking at all rows leaves the transaction: cut off there, this is there already when it runs again.
    op.add_column(
        "disputes",
        sa.Column("from_credit", sa.BigInteger(), server_default="0", nullable=False),
        if_not_exists=True,
    )
    op.drop_constraint(op.f("ck_disputes_credit"), "disputes", if_exists=True)
    op.create_check_constraint(
        op.f("ck_disputes_credit"),
        "disputes",
        "from_credit between 0 and amount - from_kept - from_leftover",
        postgresql_not_valid=True,
    )
    expanding.validate("disputes", "ck_disputes_credit")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_disputes_credit"), "disputes")
    op.drop_column("disputes", "from_credit")
