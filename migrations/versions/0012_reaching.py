"""Devices that show notices, addresses that mail does not reach, and who shows being online"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0012_reaching"
down_revision = "0011_notifications"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "push_subscriptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_address", sa.String(), nullable=False),
        sa.Column("device", sa.String(60), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("last_used_at", AT),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("rest_until", AT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscriptions")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_push_subscriptions_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_push_subscriptions_session_id"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("endpoint_digest", name=op.f("uq_push_subscriptions_endpoint_digest")),
    )
    op.create_index(op.f("ix_push_subscriptions_user_id"), "push_subscriptions", ["user_id"])
    op.create_index(op.f("ix_push_subscriptions_session_id"), "push_subscriptions", ["session_id"])
    op.create_table(
        "push_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("tag", sa.String(200), nullable=False),
        sa.Column("sealed_words", sa.String(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_notices")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_push_notices_user_id"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_push_notices_user_id_tag", "push_notices", ["user_id", "tag"])
    op.create_index(op.f("ix_push_notices_created_at"), "push_notices", ["created_at"])
    op.create_table(
        "mail_suppressions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("address_digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_address", sa.String(), nullable=False),
        sa.Column("bounced_at", AT),
        sa.Column("complained_at", AT),
        sa.Column("paused_until", AT),
        sa.Column("soft_bounces", ARRAY(AT), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_suppressions")),
        sa.UniqueConstraint("address_digest", name=op.f("uq_mail_suppressions_address_digest")),
    )
    op.create_index(op.f("ix_mail_suppressions_user_id"), "mail_suppressions", ["user_id"])
    # The release that still runs writes rows without it.
    shown = sa.Column("shows_online", sa.Boolean(), server_default=sa.true(), nullable=False)
    op.add_column("chat_settings", shown)


def downgrade() -> None:
    op.drop_column("chat_settings", "shows_online")
    for table in ("mail_suppressions", "push_notices", "push_subscriptions"):
        op.drop_table(table)
