"""What people were told, who is counted in it, how it reached them, and when it may"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011_notifications"
down_revision = "0010_parcels"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
UNREAD = sa.text("read_at is null")
WAITING = sa.text("state = 'waiting'")


def _of_person(table: str, column: str = "user_id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["users.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def _of_notification(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["notification_id"], ["notifications.id"], name=op.f(f"fk_{table}_notification_id"), ondelete="CASCADE"
    )


def upgrade() -> None:
    op.create_table(
        "notification_settings",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("quiet_from", sa.SmallInteger()),
        sa.Column("quiet_until", sa.SmallInteger()),
        sa.Column("mails", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notification_settings")),
        _of_person("notification_settings"),
        sa.CheckConstraint("mails in ('at_once', 'daily', 'weekly')", name=op.f("ck_notification_settings_mails")),
        sa.CheckConstraint(
            "(quiet_from is null and quiet_until is null)"
            " or (quiet_from between 0 and 23 and quiet_until between 0 and 23 and quiet_from <> quiet_until)",
            name=op.f("ck_notification_settings_quiet"),
        ),
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("href", sa.String(500), nullable=False),
        sa.Column("words", postgresql.JSONB(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("actors", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("updated_at", AT, nullable=False),
        sa.Column("seen_at", AT),
        sa.Column("read_at", AT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        _of_person("notifications"),
        sa.CheckConstraint("count >= 0", name=op.f("ck_notifications_count")),
    )
    op.create_index(
        "uq_notifications_bundle", "notifications", ["user_id", "event", "subject"], unique=True, postgresql_where=UNREAD
    )
    op.create_index("ix_notifications_user_id_updated_at", "notifications", ["user_id", "updated_at", "id"])
    op.create_index(
        "ix_notifications_new",
        "notifications",
        ["user_id"],
        postgresql_where=sa.text("shown and seen_at is null and read_at is null"),
    )
    op.create_index("ix_notifications_read_at", "notifications", ["read_at"])
    op.create_index("ix_notifications_unread_updated_at", "notifications", ["updated_at"], postgresql_where=UNREAD)
    op.create_table(
        "notification_actors",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.PrimaryKeyConstraint("notification_id", "actor_id", name=op.f("pk_notification_actors")),
        _of_notification("notification_actors"),
        _of_person("notification_actors", "actor_id"),
    )
    op.create_index(op.f("ix_notification_actors_actor_id"), "notification_actors", ["actor_id"])
    op.create_table(
        "notification_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("due_at", AT, nullable=False),
        sa.Column("gathered", sa.Boolean(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("sent_at", AT),
        sa.Column("mail_id", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_deliveries")),
        _of_person("notification_deliveries"),
        _of_notification("notification_deliveries"),
        sa.CheckConstraint("channel in ('mail', 'push')", name=op.f("ck_notification_deliveries_channel")),
        sa.CheckConstraint(
            "state in ('waiting', 'sent', 'skipped', 'failed')", name=op.f("ck_notification_deliveries_state")
        ),
    )
    op.create_index(
        "uq_notification_deliveries_waiting",
        "notification_deliveries",
        ["notification_id", "channel"],
        unique=True,
        postgresql_where=WAITING,
    )
    op.create_index("ix_notification_deliveries_due", "notification_deliveries", ["due_at"], postgresql_where=WAITING)
    op.create_index(
        "ix_notification_deliveries_user_id_created_at", "notification_deliveries", ["user_id", "created_at", "id"]
    )
    op.create_index("ix_notification_deliveries_notification_id", "notification_deliveries", ["notification_id"])
    op.create_index(op.f("ix_notification_deliveries_created_at"), "notification_deliveries", ["created_at"])


def downgrade() -> None:
    for table in ("notification_deliveries", "notification_actors", "notifications", "notification_settings"):
        op.drop_table(table)
