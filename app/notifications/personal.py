"""What this feature holds of a person."""

from flask import Flask

from app.notifications.models import (
    Notification,
    NotificationActor,
    NotificationDelivery,
    NotificationPreference,
    NotificationSettings,
)
from app.platform import personal_data
from app.platform.personal_rows import Rows

PREFERENCES = Rows(NotificationPreference, shown=("kind", "channel", "enabled", "changed_at"))
SETTINGS = Rows(NotificationSettings, shown=("zone", "quiet_from", "quiet_until", "mails"))
LINES = Rows(
    Notification,
    shown=(
        "id", "event", "subject", "href", "words", "count", "shown", "created_at", "updated_at",
        "seen_at", "read_at",
    ),
    # Who they are may change, or be gone; their ids are theirs.
    withheld=("actors",),
)  # fmt: skip
# To whom it was told is theirs. Lines hold ids alone: who left has neither name nor face in them.
ACTED = Rows(NotificationActor, shown=("at",), withheld=("notification_id",), owner="actor_id")
DELIVERIES = Rows(
    NotificationDelivery,
    shown=(
        "id", "notification_id", "channel", "state", "reason", "due_at", "gathered", "created_at",
        "sent_at", "mail_id",
    ),
)  # fmt: skip


def init_app(app: Flask) -> None:
    about = "What you chose to be told about"
    personal_data.table(app, "notification_preferences", about, PREFERENCES.export, PREFERENCES.erase)
    when = "When you chose to be told"
    personal_data.table(app, "notification_settings", when, SETTINGS.export, SETTINGS.erase)
    personal_data.table(app, "notifications", "What you were told", LINES.export, LINES.erase)
    acted = "When others were told of what you did"
    personal_data.table(app, "notification_actors", acted, ACTED.export, ACTED.erase)
    how = "How it reached you"
    personal_data.table(app, "notification_deliveries", how, DELIVERIES.export, DELIVERIES.erase)
