"""Pictures of pages for those who share a link, drawn by workers.

    share_cards.register("creator", find_card)           # in `init_app` of a feature
    share_cards.redraw("creator", creator_id)            # inside transaction(), when it looks different
    origin + share_cards.address("creator", creator_id, card)

The address names what is drawn by a digest, so that the picture behind it never changes. One that is not
drawn yet is asked for, and the house's own stands in for it.
"""

import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, Flask, current_app, redirect
from werkzeug.wrappers import Response

from app.kit import crypto
from app.platform import schedule, work
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.settings import settings
from app.platform.storage import storage
from app.platform.transaction import transaction
from app.platform.work import Payload

bp = Blueprint("share_cards", __name__)

PLACE = "fanlight.share_cards"
# Counts up when what is drawn of the same words looks different.
DRAWING = 2
WORK, ROOT, DAY = "share_cards.draw", "share/", 86_400
TYPE, FOREVER = "image/jpeg", "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class ShareCard:
    """Only what everybody may know."""

    title: str
    line: str
    name: str
    handle: str
    hue: int
    # Where in the storage they lie.
    avatar: str | None = None
    picture: str | None = None

    @property
    def version(self) -> str:
        said = json.dumps([DRAWING, asdict(self)], sort_keys=True)
        return crypto.digest(said).hex()[:24]


# None for what nobody may be shown.
Find = Callable[[UUID], ShareCard | None]


def init_share_cards(app: Flask) -> None:
    app.register_blueprint(bp)


def register(app: Flask, kind: str, find: Find) -> None:
    app.extensions.setdefault(PLACE, {})[kind] = find


def address(kind: str, subject_id: UUID, card: ShareCard) -> str:
    return f"/share/{kind}/{subject_id}/{card.version}.jpg"


def redraw(kind: str, subject_id: UUID) -> None:
    """Also when it is gone: then what was drawn goes too."""
    work.enqueue(WORK, {"kind": kind, "id": str(subject_id)}, unique_key=f"{WORK}:{kind}:{subject_id}")


@bp.get("/share/<kind>/<uuid:subject_id>/<version>.jpg")
@guard(Access.ANONYMOUS)
def show(kind: str, subject_id: UUID, version: str) -> Response:
    card = _find(kind, subject_id)
    if card is None:
        raise NotFound
    if version != card.version:
        return _for_now(address(kind, subject_id, card))
    try:
        with storage().open(_key(kind, subject_id, card)) as file:
            drawn = file.read()
    except NotFound:
        with transaction():
            redraw(kind, subject_id)
        return _for_now("/static/img/share.png")
    response = current_app.response_class(drawn, content_type=TYPE)
    # Made to be shown on other people's pages.
    response.headers.update({"Cache-Control": FOREVER, "Cross-Origin-Resource-Policy": "cross-origin"})
    return response


@work.handler(WORK, queue="media", transactional=False, max_attempts=3)
def draw(payload: Payload) -> None:
    kind, subject_id = payload["kind"], UUID(payload["id"])
    card, wanted = _find(kind, subject_id), None
    if card is not None:
        wanted = _key(kind, subject_id, card)
        if not storage().exists(wanted):
            storage().put(wanted, io.BytesIO(_drawn(card)), TYPE)
    for key in list(storage().list(_folder(kind, subject_id))):
        if key != wanted:
            storage().delete(key)


@schedule.every(DAY, "share_cards.sweep")
def sweep() -> None:
    """Of what was erased, and of all else that nobody may be shown any more."""
    for key in list(storage().list(ROOT)):
        _, kind, subject_id, _ = key.split("/")
        if _find(kind, UUID(subject_id)) is None:
            storage().delete(key)


def _drawn(card: ShareCard) -> bytes:
    from app.platform import share_drawing  # noqa: PLC0415 - web processes do without what draws

    fonts = Path(current_app.static_folder or "static") / "fonts"
    return share_drawing.draw(card, settings().site_name, fonts, storage().open)


def _find(kind: str, subject_id: UUID) -> ShareCard | None:
    known = cast("dict[str, Find]", current_app.extensions.get(PLACE, {}))
    return known[kind](subject_id) if kind in known else None


def _for_now(elsewhere: str) -> Response:
    response: Response = redirect(elsewhere, code=302)
    response.headers["Cache-Control"] = "no-store"
    return response


def _folder(kind: str, subject_id: UUID) -> str:
    return f"{ROOT}{kind}/{subject_id}/"


def _key(kind: str, subject_id: UUID, card: ShareCard) -> str:
    return f"{_folder(kind, subject_id)}{card.version}.jpg"


def picture_key(described: dict[str, Any] | None, *names: str) -> str | None:
    """Where the first of these renditions lies, as media describes them."""
    found = described["names"] if described else {}
    return next((found[name]["key"] for name in names if name in found), None)
