"""What every template may use without being handed it."""

from typing import Any

from flask import Flask

from app.config import Settings
from app.platform import navigation
from app.platform.idempotency import new_key
from app.platform.viewer import viewer
from app.platform.web import correlation_id


def init_templating(app: Flask) -> None:
    chosen: Settings = app.extensions["fanlight.settings"]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        new_key=new_key,
        site_name=chosen.site_name,
        mode=chosen.mode.value,
        base_url=chosen.base_url,
    )
    app.context_processor(_for_this_request)


def _for_this_request() -> dict[str, Any]:
    person = viewer()
    return {
        "viewer": person,
        "correlation_id": correlation_id(),
        "nav_items": navigation.doors("tabs", person),
        "rail_items": navigation.doors("rail", person),
        "settings_items": navigation.doors("settings", person) if person else [],
    }
