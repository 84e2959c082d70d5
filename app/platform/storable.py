"""Text that no database column can hold is refused at the door, wherever it hides.

PostgreSQL has no NUL in text, and UTF-8 has no lone surrogates, which JSON can spell all the same.
"""

from collections.abc import Iterator
from typing import Any

from htmx_flask import request

from app.platform.errors import Refused


class Unstorable(Refused):
    status = 400
    code = "unstorable_text"

    def __init__(self) -> None:
        super().__init__("What was sent holds characters that no text has. Remove them and send it again.")


def check_address() -> None:
    if b"%00" in request.query_string or "\x00" in request.path:
        raise Unstorable


def check_content() -> None:
    try:
        said = list(_json_texts() if request.is_json else _form_texts())
        "".join(said).encode()
    except (UnicodeEncodeError, RecursionError):
        raise Unstorable from None
    if any("\x00" in text for text in said):
        raise Unstorable


def _form_texts() -> Iterator[str]:
    for name, values in request.form.lists():
        yield name
        yield from values
    for name, file in request.files.items(multi=True):
        yield name
        yield file.filename or ""


def _json_texts() -> Iterator[str]:
    yield from _texts(request.get_json(silent=True))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
