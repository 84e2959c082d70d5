"""Pages of which little is new each time: the rest is rendered once for the same reader, and kept.

What is kept is found by all that its template gets to see: what the view says and the context processors
add, among it who looks, and the address. What is late, the keys of its forms and the live ticket are gaps,
filled each time.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import current_app
from flask import session as cookie
from htmx_flask import request
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from app.platform.cookies import csrf_token
from app.platform.gaps import KEY, Gapped, Marks
from app.platform.idempotency import new_key
from app.platform.pages import page, whole

KEEP_ENTRIES = 500
# New with each request, or told by the rest of the key.
PASSING = frozenset({"correlation_id", "csrf_token", "g", "request", "session", "ws"})

_kept: dict[tuple[Any, ...], Gapped] = {}


def page_in_shell(template: str, late: Mapping[str, str], **context: Any) -> Response:
    """As `page`; of what is late, the template may only ask whether it is empty."""
    if "_flashes" in cookie:
        return page(template, **{**context, **late})  # what is said once is kept nowhere
    current_app.update_template_context(context)
    return whole(_shell(template, late, context).fill(_fills(late, context)))


def _shell(template: str, late: Mapping[str, str], context: Mapping[str, Any]) -> Gapped:
    key = template, request.full_path, csrf_token(), *map(bool, late.values()), *_lasting(context)
    shell = _kept.get(key)
    if shell is None:
        if len(_kept) >= KEEP_ENTRIES:
            _kept.clear()
        shell = _kept[key] = Gapped(_render(template, late, context))
    return shell


def _fills(late: Mapping[str, str], context: Mapping[str, Any]) -> dict[str, str]:
    live = context["ws"]
    filled = {name: text if isinstance(text, Markup) else escape(text) for name, text in late.items()}
    return {**filled, KEY: new_key(), "ticket": live.ticket if live else ""}


def _lasting(context: Mapping[str, Any]) -> Iterator[Any]:
    for name, value in context.items():
        if name not in PASSING:
            yield tuple(value) if isinstance(value, list) else value


def _render(template: str, late: Mapping[str, str], context: Mapping[str, Any]) -> str:
    marks = Marks()
    gaps = {name: Markup(marks.gap(name)) if text else text for name, text in late.items()}  # noqa: S704
    html = current_app.jinja_env.get_template(template).render({**context, **gaps})
    if live := context["ws"]:
        html = html.replace(live.ticket, marks.gap("ticket"))
    return marks.ready(marks.keys(html))
