"""How an answer leaves: page or partial, redirect, form with its errors. The one place that knows htmx."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import make_response, redirect, render_template
from htmx_flask import make_response as make_htmx_response
from werkzeug.wrappers import Response

from app.platform.web import is_htmx


def page(template: str, *, partial: str | None = None, status: int = 200, **context: Any) -> Response:
    """The partial for htmx, when there is one; else the whole page. Caches must keep the two apart."""
    chosen = partial if partial and is_htmx() else template
    return whole(render_template(chosen, **context), status)


def whole(html: str, status: int = 200) -> Response:
    response = make_response(html, status)
    response.headers.add("Vary", "HX-Request")
    return response


def form_page(template: str, *, partial: str | None = None, **context: Any) -> Response:
    """A form that was refused: shown again, what was typed kept, errors beside the fields."""
    return page(template, partial=partial, status=422, **context)


def see(address: str) -> Response:
    """On to another page. htmx reads no headers of a redirect, so it gets its own."""
    if is_htmx():
        return _response(make_htmx_response("", redirect=address))
    return redirect(address, code=303)


def see_for_good(address: str) -> Response:
    """The page has moved; whoever keeps links may learn the new address."""
    return redirect(address, code=308)


def partial(
    template: str,
    *,
    status: int = 200,
    swap: str | None = None,
    target: str | None = None,
    trigger: str | Mapping[str, Any] | None = None,
    **context: Any,
) -> Response:
    body = render_template(template, **context)
    response = _response(make_htmx_response(body, status, retarget=target, trigger=trigger))
    if swap:
        # htmx-flask refuses some legal swaps and every modifier, so this one is set by hand.
        response.headers["HX-Reswap"] = swap
    response.vary.add("HX-Request")
    return response


def _response(untyped: Any) -> Response:
    assert isinstance(untyped, Response)
    return untyped


def safe_next(address: str | None, otherwise: str) -> str:
    """Only an address of ours is followed after sign-in."""
    if not address:
        return otherwise
    parts = urlsplit(address)
    inside = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc
    return address if inside and "\\" not in address and address.isprintable() else otherwise
