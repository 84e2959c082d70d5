"""What people are told about, and by which channel."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.notifications import kinds, reaching, views
    from app.notifications.kinds import Channel, Default, Kind
    from app.notifications.models import NotificationPreference
    from app.platform import personal_data
    from app.platform.navigation import Door, add_door
    from app.platform.personal_rows import Rows

    reaching.init_app(app)
    app.register_blueprint(views.bp)
    add_door(app, "settings", Door("Notifications", "bell", "/settings/notifications", 60))
    rows = Rows(NotificationPreference, shown=("kind", "channel", "enabled", "changed_at"))
    about = "What you chose to be told about"
    personal_data.table(app, rows.table.name, about, rows.export, rows.erase)
    kinds.register(
        app,
        Kind(
            "security",
            "Sign-ins and changes to your account",
            "New devices, changed passwords, addresses and factors.",
            {Channel.MAIL: Default.LOCKED_ON},
            "Always sent, so that nobody can change your account without you hearing of it.",
        ),
    )
    kinds.register(
        app,
        Kind(
            "account",
            "What you asked for",
            "Links you asked for, a copy of your data that is ready, the date of a deletion.",
            {Channel.MAIL: Default.LOCKED_ON},
            "Always sent, because it answers something that you did.",
        ),
    )
    kinds.register(
        app,
        Kind(
            "news",
            "News from the house",
            "What is new here, now and then. Off until you switch it on.",
            {Channel.MAIL: Default.OFF},
        ),
    )
