"""Broadcasts and whom they go to, who wants none, welcome messages, saved replies"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014_broadcasts"
down_revision = "0013_rooms"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def of_person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["users.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "broadcasts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("creator_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_words", sa.String()),
        sa.Column("parcel_id", sa.Uuid()),
        sa.Column("audience", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("send_at", AT),
        sa.Column("saves", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("reached_id", sa.Uuid()),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("earned", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", AT),
        sa.Column("count_at", AT),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("begun_at", AT),
        sa.Column("ended_at", AT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcasts")),
        of_person("broadcasts", "creator_id"),
        sa.ForeignKeyConstraint(
            ["parcel_id"], ["parcels.id"], name=op.f("fk_broadcasts_parcel_id"), ondelete="SET NULL"
        ),
        sa.CheckConstraint(
            "state in ('draft', 'scheduled', 'listing', 'going', 'stopped', 'done')",
            name=op.f("ck_broadcasts_state"),
        ),
        sa.CheckConstraint("state <> 'scheduled' or send_at is not null", name=op.f("ck_broadcasts_send_at")),
        sa.CheckConstraint(
            "(ended_at is not null) = (state in ('stopped', 'done'))", name=op.f("ck_broadcasts_ended_at")
        ),
        sa.CheckConstraint(
            "told >= 0 and skipped >= 0 and told + skipped <= people", name=op.f("ck_broadcasts_counts")
        ),
        sa.CheckConstraint("read between 0 and told", name=op.f("ck_broadcasts_read")),
    )
    op.create_index("ix_broadcasts_creator_id", "broadcasts", ["creator_id", "id"])
    op.create_index(op.f("ix_broadcasts_parcel_id"), "broadcasts", ["parcel_id"])
    op.create_index(
        "ix_broadcasts_send_at", "broadcasts", ["send_at"], postgresql_where=sa.text("state = 'scheduled'")
    )
    op.create_index(
        "ix_broadcasts_count_at", "broadcasts", ["count_at"], postgresql_where=sa.text("count_at is not null")
    )
    op.create_table(
        "broadcast_recipients",
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid()),
        sa.Column("seq", sa.BigInteger()),
        sa.PrimaryKeyConstraint("broadcast_id", "user_id", name=op.f("pk_broadcast_recipients")),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"],
            name=op.f("fk_broadcast_recipients_broadcast_id"), ondelete="CASCADE",
        ),
        of_person("broadcast_recipients", "user_id"),
        sa.CheckConstraint(
            "(conversation_id is null) = (seq is null)", name=op.f("ck_broadcast_recipients_place")
        ),
        # Each is written twice: the second time on the same page, without its indexes.
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index(op.f("ix_broadcast_recipients_user_id"), "broadcast_recipients", ["user_id"])
    op.create_table(
        "broadcast_mutes",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("creator_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "creator_id", name=op.f("pk_broadcast_mutes")),
        of_person("broadcast_mutes", "user_id"),
        of_person("broadcast_mutes", "creator_id"),
    )
    op.create_index(op.f("ix_broadcast_mutes_creator_id"), "broadcast_mutes", ["creator_id"])
    op.create_table(
        "welcome_messages",
        sa.Column("creator_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_words", sa.String()),
        sa.Column("to_followers", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("creator_id", name=op.f("pk_welcome_messages")),
        of_person("welcome_messages", "creator_id"),
    )
    op.create_table(
        "welcomed",
        sa.Column("creator_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("words_of", sa.String(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("creator_id", "user_id", "words_of", name=op.f("pk_welcomed")),
        of_person("welcomed", "creator_id"),
        of_person("welcomed", "user_id"),
        sa.CheckConstraint("words_of in ('page', 'tier')", name=op.f("ck_welcomed_words_of")),
    )
    op.create_index(op.f("ix_welcomed_user_id"), "welcomed", ["user_id"])
    op.create_table(
        "saved_replies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("creator_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_name", sa.String(), nullable=False),
        sa.Column("sealed_words", sa.String(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_replies")),
        of_person("saved_replies", "creator_id"),
    )
    op.create_index(op.f("ix_saved_replies_creator_id"), "saved_replies", ["creator_id"])


def downgrade() -> None:
    for table in (
        "saved_replies", "welcomed", "welcome_messages", "broadcast_mutes", "broadcast_recipients", "broadcasts",
    ):
        op.drop_table(table)
