"""Ways to reach people beside pages: their devices, and what becomes of mail to them."""

from uuid import UUID

from flask import Flask

from app.accounts.sections import Section, add_section
from app.notifications import channels, jobs_push, queries_push, views_mail, views_push
from app.notifications.channels import Notice, Transport
from app.notifications.kinds import Channel
from app.notifications.models_push import PushNotice, PushSubscription
from app.notifications.operations import pushing
from app.notifications.push_address import PURPOSE
from app.platform import personal_data
from app.platform.navigation import Door, add_door
from app.platform.personal_rows import Rows
from app.platform.viewer import Role

DEVICES = Rows(
    PushSubscription,
    shown=("id", "device", "session_id", "created_at", "last_used_at", "failures", "rest_until"),
    withheld=("endpoint_digest", "sealed_address"),
)
NOTICES = Rows(PushNotice, shown=("id", "tag", "created_at"), opened={"sealed_words": PURPOSE})


def init_app(app: Flask) -> None:
    app.register_blueprint(views_push.bp)
    if app.extensions["fanlight.settings"].vapid_private_key:
        add_door(app, "settings", Door("Devices", "smartphone", views_push.HOME, 61))
        channels.register(app, Channel.PUSH, Transport(_push, queries_push.reaches))
    app.register_blueprint(views_mail.bp)
    add_section(app, "address", Section("notifications/_mail_trouble.html", load=views_mail.trouble))
    for place in ("rail", "settings"):
        add_door(app, place, Door("Returned mail", "mail", views_mail.LIST, 94, Role.ADMIN))
    jobs_push.register_cleanup()
    shown = "Devices that show you notices"
    personal_data.table(app, "push_subscriptions", shown, DEVICES.export, DEVICES.erase)
    on_their_way = "Notices on their way to your devices"
    personal_data.table(app, "push_notices", on_their_way, NOTICES.export, NOTICES.erase)


def _push(user_id: UUID, notice: Notice) -> int:
    """To each device of theirs."""
    return pushing.enqueue(user_id, title=notice.title, body=notice.body, href=notice.href, tag=notice.tag)
