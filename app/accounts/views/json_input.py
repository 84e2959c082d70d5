"""Requests of our own scripts: JSON in, and a refusal that says what to do in one sentence."""

from collections.abc import Callable
from typing import Any

from flask import jsonify
from htmx_flask import request
from werkzeug.wrappers import Response

from app.platform.errors import Refused
from app.platform.guards import keep_writes
from app.platform.http_errors import answer

TEXT_MAX = 10_000


class NotUnderstood(Refused):
    status = 400
    code = "not_understood"

    def __init__(self) -> None:
        super().__init__("That did not arrive in one piece. Reload the page and try again.")


def body() -> dict[str, Any]:
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise NotUnderstood
    return found


def text(found: dict[str, Any], name: str) -> str:
    value = found.get(name, "")
    if not isinstance(value, str) or len(value) > TEXT_MAX:
        raise NotUnderstood
    return value


def mapping(found: dict[str, Any], name: str) -> dict[str, Any]:
    value = found.get(name)
    if not isinstance(value, dict):
        raise NotUnderstood
    return value


def options(found: dict[str, Any]) -> Response:
    return jsonify(found)


def go_on(address: str) -> Response:
    return jsonify(next=address)


def proving(action: Callable[[], Response]) -> Response:
    """A refused proof is a fact: what it used up stays used up, what it failed stays counted."""
    try:
        return action()
    except Refused as refused:
        keep_writes()
        return answer(refused.status, refused.message, refused.code, getattr(refused, "retry_after", None))
