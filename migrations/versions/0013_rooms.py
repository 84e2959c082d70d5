"""Live rooms, what is said in them month by month, and who has a part in them"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from app.kit.ids import first_of

revision = "0013_rooms"
down_revision = "0012_reaching"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
MONTHS = 4


def upgrade() -> None:
    op.add_column("creators", sa.Column("room", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "rooms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("creator_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("slow_seconds", sa.Integer(), nullable=False),
        sa.Column("pinned", sa.BigInteger()),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_change", sa.BigInteger(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rooms")),
        sa.ForeignKeyConstraint(["creator_id"], ["creators.id"], name=op.f("fk_rooms_creator_id"), ondelete="CASCADE"),
        sa.UniqueConstraint("creator_id", name=op.f("uq_rooms_creator_id")),
        sa.CheckConstraint("audience in ('followers', 'subscribers')", name=op.f("ck_rooms_audience")),
        sa.CheckConstraint("slow_seconds between 0 and 3600", name=op.f("ck_rooms_slow_seconds")),
        sa.CheckConstraint("last_seq >= 0 and last_change >= last_seq", name=op.f("ck_rooms_counts")),
    )
    op.create_table(
        "room_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("sealed_body", sa.String()),
        sa.Column("created_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_messages")),
        sa.CheckConstraint("seq > 0 and change >= seq", name=op.f("ck_room_messages_numbers")),
        postgresql_partition_by="range (id)",
    )
    op.create_index("ix_room_messages_room_id_seq", "room_messages", ["room_id", "seq"])
    op.create_index("ix_room_messages_room_id_change", "room_messages", ["room_id", "change"])
    op.create_index("ix_room_messages_user_id_key", "room_messages", ["user_id", "key"])
    op.execute("create table room_messages_default partition of room_messages default")
    # The scheduler goes on from there.
    month = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(MONTHS):
        after = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
        part = sa.text("select make_part('room_messages', :called, :begins, :ends)")
        bounds = {"begins": first_of(month), "ends": first_of(after)}
        op.get_bind().execute(part, {"called": f"room_messages_y{month:%Y}m{month:%m}", **bounds})
        month = after
    op.create_table(
        "room_people",
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("moderates", sa.Boolean(), nullable=False),
        sa.Column("muted_until", AT),
        sa.Column("put_out", sa.Boolean(), nullable=False),
        sa.Column("spoke_at", AT),
        sa.PrimaryKeyConstraint("room_id", "user_id", name=op.f("pk_room_people")),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_room_people_room_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_room_people_user_id"), ondelete="CASCADE"),
        sa.CheckConstraint("not (moderates and put_out)", name=op.f("ck_room_people_part")),
    )
    op.create_index(op.f("ix_room_people_user_id"), "room_people", ["user_id"])
    op.create_index(
        "ix_room_people_parts",
        "room_people",
        ["room_id"],
        postgresql_where=sa.text("moderates or put_out or muted_until is not null"),
    )


def downgrade() -> None:
    for table in ("room_people", "room_messages", "rooms"):
        op.drop_table(table)
    op.drop_column("creators", "room")
