"""Where strangers came from is forgotten after three months: an index of what is left to forget"""

from alembic import op

from app.platform import expanding

revision = "0018_strangers"
down_revision = "0017_recovery"
branch_labels = None
depends_on = None

NAME = "ix_audit_log_strangers"


def upgrade() -> None:
    expanding.add_index(
        NAME, "audit_log", ["at"], where="subject_id = 'unknown' and personal is not null"
    )


def downgrade() -> None:
    op.drop_index(NAME, "audit_log")
