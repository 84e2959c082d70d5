"""What messages carry: files, a price before they open, a tip; and a fan who paid for the first word"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010_parcels"
down_revision = "0009_conversations"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
PURPOSES = "purpose in ('post', 'avatar', 'cover', 'message')"
FROM = "messages_from in ('everyone', 'followers', 'subscribers', 'paid', 'nobody')"


def upgrade() -> None:
    op.create_table(
        "parcels",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sender_id", sa.Uuid(), nullable=False),
        sa.Column("price", sa.BigInteger()),
        sa.Column("currency", sa.String(5)),
        sa.Column("sealed_words", sa.String()),
        sa.Column("media", JSONB(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcels")),
        sa.ForeignKeyConstraint(["sender_id"], ["users.id"], name=op.f("fk_parcels_sender_id"), ondelete="CASCADE"),
        sa.CheckConstraint("price > 0", name=op.f("ck_parcels_price")),
        sa.CheckConstraint("(price is null) = (currency is null)", name=op.f("ck_parcels_currency")),
        sa.CheckConstraint("price is not null or sealed_words is null", name=op.f("ck_parcels_words")),
    )
    op.create_index(op.f("ix_parcels_sender_id"), "parcels", ["sender_id"])
    op.create_table(
        "parcel_media",
        sa.Column("media_id", sa.Uuid(), nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("media_id", name=op.f("pk_parcel_media")),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_parcel_media_media_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["parcel_id"], ["parcels.id"], name=op.f("fk_parcel_media_parcel_id"), ondelete="CASCADE"
        ),
    )
    op.create_index(op.f("ix_parcel_media_parcel_id"), "parcel_media", ["parcel_id"])
    op.add_column("messages", sa.Column("parcel_id", sa.Uuid()))
    op.add_column("messages", sa.Column("tip_id", sa.Uuid()))
    op.create_index(
        "ix_messages_parcel_id",
        "messages",
        ["parcel_id", "conversation_id"],
        postgresql_where=sa.text("parcel_id is not null"),
    )
    _allow("media", "purpose", PURPOSES)
    _allow("chat_settings", "messages_from", FROM)
    op.add_column("chat_settings", sa.Column("from_rank", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("chat_settings", sa.Column("first_price", sa.BigInteger()))
    op.add_column("conversation_members", sa.Column("welcome", sa.Boolean(), nullable=False, server_default="false"))


def downgrade() -> None:
    op.drop_column("conversation_members", "welcome")
    op.drop_column("chat_settings", "first_price")
    op.drop_column("chat_settings", "from_rank")
    _allow("chat_settings", "messages_from", FROM.replace(" 'paid',", ""))
    _allow("media", "purpose", PURPOSES.replace(", 'message'", ""))
    op.drop_index("ix_messages_parcel_id", "messages")
    op.drop_column("messages", "tip_id")
    op.drop_column("messages", "parcel_id")
    op.drop_table("parcel_media")
    op.drop_table("parcels")


def _allow(table: str, column: str, condition: str) -> None:
    """Checked after it stands, so that rows are read without holding anybody up."""
    name = op.f(f"ck_{table}_{column}")
    op.drop_constraint(name, table)
    op.create_check_constraint(name, table, condition, postgresql_not_valid=True)
    op.execute(f"alter table {table} validate constraint {name}")
