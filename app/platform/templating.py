"""What every template may use without being handed it."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, current_app
from jinja2 import Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup

from app.config import Settings
from app.platform import front, navigation
from app.platform.idempotency import new_key
from app.platform.viewer import viewer
from app.platform.web import correlation_id


class QuickTemplate(Template):
    """Imports of macros are remembered without asking each time whether a page has globals of its own.

    None has; to ask takes a tenth of a page.
    """

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return super()._get_default_module()


KEPT_ENTRIES = 500
_kept: dict[tuple[Any, ...], Markup] = {}


def kept(items: Iterable[Any], caller: Callable[[], Markup]) -> Markup:
    """What `{% call kept(items) %}` holds is rendered once for the same items: it depends on nothing else."""
    key = tuple(items)
    html = _kept.get(key)
    if html is None:
        if len(_kept) >= KEPT_ENTRIES:
            _kept.clear()
        html = _kept[key] = caller()
    return html


def fragment(template: str, **context: Any) -> Markup:
    """A part of a page that asks for nothing but what it is handed."""
    return Markup(current_app.jinja_env.get_template(template).render(context))  # noqa: S704 - our template


def init_templating(app: Flask) -> None:
    chosen: Settings = app.extensions["fanlight.settings"]
    app.jinja_env.template_class = QuickTemplate
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        new_key=new_key,
        kept=kept,
        site_name=chosen.site_name,
        mode=chosen.mode.value,
        base_url=chosen.base_url,
    )
    app.context_processor(_for_this_request)


def _for_this_request() -> dict[str, Any]:
    person = viewer()
    return {
        "viewer": person,
        "home_href": front.home() if person else "/",
        "correlation_id": correlation_id(),
        "nav_items": navigation.doors("tabs", person),
        "account_items": navigation.doors("account", person),
        "rail_items": navigation.doors("rail", person),
        "bar_items": navigation.doors("bar", person) if person else [],
        "settings_items": navigation.doors("settings", person) if person else [],
    }
