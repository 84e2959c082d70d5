"""Conversations of two people, their messages month by month, signs and settings"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from app.kit.ids import first_of

revision = "0009_conversations"
down_revision = "0008_cursor_slots"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
MONTHS = 4
# The scheduler calls it too (platform/partitions.py).
MAKE_PART = """
    create function make_part(of_table text, called text, begins uuid, ends uuid) returns void
    language plpgsql as $$
    begin
        execute format(
            'create table if not exists %I partition of %I for values from (%L) to (%L)',
            called, of_table, begins, ends
        );
    end $$
"""


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("low_id", sa.Uuid(), nullable=False),
        sa.Column("high_id", sa.Uuid(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_change", sa.BigInteger(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.ForeignKeyConstraint(["low_id"], ["users.id"], name=op.f("fk_conversations_low_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["high_id"], ["users.id"], name=op.f("fk_conversations_high_id"), ondelete="CASCADE"),
        sa.UniqueConstraint("low_id", "high_id", name=op.f("uq_conversations_low_id_high_id")),
        sa.CheckConstraint("low_id < high_id", name=op.f("ck_conversations_pair")),
        sa.CheckConstraint("last_seq >= 0 and last_change >= last_seq", name=op.f("ck_conversations_counts")),
    )
    op.create_index(op.f("ix_conversations_high_id"), "conversations", ["high_id"])
    op.create_table(
        "conversation_members",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("delivered_seq", sa.BigInteger(), nullable=False),
        sa.Column("read_seq", sa.BigInteger(), nullable=False),
        sa.Column("wrote_seq", sa.BigInteger(), nullable=False),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("sealed_draft", sa.String()),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("away", sa.Boolean(), nullable=False),
        sa.Column("last_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "user_id", name=op.f("pk_conversation_members")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"],
            name=op.f("fk_conversation_members_conversation_id"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_conversation_members_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["users.id"], name=op.f("fk_conversation_members_other_id"), ondelete="CASCADE"
        ),
        sa.CheckConstraint("delivered_seq >= read_seq", name=op.f("ck_conversation_members_marks")),
    )
    op.create_index(op.f("ix_conversation_members_other_id"), "conversation_members", ["other_id"])
    op.create_index(
        "ix_conversation_members_user_id_last_at",
        "conversation_members",
        ["user_id", "away", "last_at", "conversation_id"],
    )
    op.create_index(
        "ix_conversation_members_waiting",
        "conversation_members",
        ["user_id"],
        postgresql_where=sa.text("waits and not muted and not away"),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("sealed_body", sa.String()),
        sa.Column("answers", sa.BigInteger()),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("edited_at", AT),
        sa.Column("unsent_at", AT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.CheckConstraint("seq > 0 and change >= seq", name=op.f("ck_messages_numbers")),
        postgresql_partition_by="range (id)",
    )
    op.create_index("ix_messages_conversation_id_seq", "messages", ["conversation_id", "seq"])
    op.create_index("ix_messages_conversation_id_change", "messages", ["conversation_id", "change"])
    op.create_index("ix_messages_conversation_id_key", "messages", ["conversation_id", "key"])
    op.create_index("ix_messages_user_id", "messages", ["user_id"])
    op.execute(MAKE_PART)
    op.execute("create table messages_default partition of messages default")
    # The scheduler goes on from there.
    month = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(MONTHS):
        after = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
        part = sa.text("select make_part('messages', :called, :begins, :ends)")
        bounds = {"begins": first_of(month), "ends": first_of(after)}
        op.get_bind().execute(part, {"called": f"messages_y{month:%Y}m{month:%m}", **bounds})
        month = after
    op.create_table(
        "message_reactions",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sign", sa.String(16), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "seq", "user_id", name=op.f("pk_message_reactions")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"],
            name=op.f("fk_message_reactions_conversation_id"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_message_reactions_user_id"), ondelete="CASCADE"
        ),
    )
    op.create_index(op.f("ix_message_reactions_user_id"), "message_reactions", ["user_id"])
    # What was reported, as it was then, where nothing but the report shows it to moderators.
    op.add_column("reports", sa.Column("sealed_copy", sa.String()))
    op.create_table(
        "chat_settings",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("messages_from", sa.String(), nullable=False),
        sa.Column("shows_read", sa.Boolean(), nullable=False),
        sa.Column("shows_typing", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_chat_settings")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_chat_settings_user_id"), ondelete="CASCADE"),
        sa.CheckConstraint(
            "messages_from in ('everyone', 'followers', 'subscribers', 'nobody')",
            name=op.f("ck_chat_settings_messages_from"),
        ),
    )


def downgrade() -> None:
    op.drop_column("reports", "sealed_copy")
    for table in ("chat_settings", "message_reactions", "messages", "conversation_members", "conversations"):
        op.drop_table(table)
    op.execute("drop function make_part(text, text, uuid, uuid)")
