"""Sending files: by a plain form, or in parts that can be taken up again (tus 1.0)."""

import base64
import binascii
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from flask import Blueprint, flash, g, make_response
from htmx_flask import request
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app.media import kinds, queries
from app.media.errors import TROUBLES, UnknownKind, UploadRefused
from app.media.kinds import Purpose
from app.media.models import Media
from app.media.operations import keeping, uploading
from app.media.operations.uploading import Asked
from app.media.shown import describe
from app.platform.errors import Forbidden, NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import page, partial, safe_next, see
from app.platform.storage import direct_storage
from app.platform.viewer import Role, signed_in_viewer, viewer
from app.platform.web import is_htmx

bp = Blueprint("uploads", __name__)

TUS = {"Tus-Resumable": "1.0.0"}
TUS_OFFERS = {
    "Tus-Version": "1.0.0",
    "Tus-Extension": "creation,termination",
    "Tus-Max-Size": str(max(kinds.LARGEST.values())),
}
PART_TYPE = "application/offset+octet-stream"
PART_MOST = 60 * kinds.MB
PLAIN_MOST = 60 * kinds.MB
FILES_MOST = 20
LIBRARY = "/dashboard/media"


class BadTus(Refused):
    status = 400
    code = "bad_tus"


class TusVersion(Refused):
    status = 412
    code = "tus_version"


@bp.before_request
def _let_files_in() -> None:
    """Before anything reads the body: whoever may not send files sends no more than a form."""
    if viewer():
        request.max_content_length = PLAIN_MOST if request.method == "POST" else PART_MOST


@bp.after_request
def _say_tus(response: Response) -> Response:
    if g.get("tus"):
        response.headers.update(TUS)
    return response


@bp.route("/uploads", methods=["OPTIONS"])
@guard(Access.ANYONE)
def offer() -> Response:
    response = make_response("", 204)
    response.headers.update(TUS | TUS_OFFERS)
    return response


@bp.post("/uploads")
@guard(Access.SIGNED_IN, limit="upload", once=False)
def create() -> Response:
    return _ask() if "Tus-Resumable" in request.headers else _take_form()


@bp.get("/uploads/<uuid:media_id>")
@guard(Access.SIGNED_IN, limit=None)
def state(media_id: UUID) -> Response:
    """For tus, how far it is (HEAD); for pages, its state as a partial; else the library."""
    media = queries.find(media_id, signed_in_viewer().id)
    if media is None:
        raise NotFound
    if request.method == "HEAD":
        return offset_answer(media, 200)
    if not is_htmx():
        return see(LIBRARY)
    return partial("media/_state.html", one=shown_state(media))


@bp.patch("/uploads/<uuid:media_id>")
@guard(Access.SIGNED_IN, limit="parts", once=False)
def receive(media_id: UUID) -> Response:
    _speaks_tus()
    if request.mimetype != PART_TYPE:
        raise UnknownKind("kind")
    media = uploading.receive(
        media_id,
        signed_in_viewer().id,
        offset=number_in("Upload-Offset"),
        stream=request.stream,
        length=request.content_length or 0,
    )
    return offset_answer(media, 204)


@bp.delete("/uploads/<uuid:media_id>")
@guard(Access.SIGNED_IN, once=False)
def terminate(media_id: UUID) -> Response:
    _speaks_tus()
    keeping.remove(media_id, signed_in_viewer().id)
    return make_response("", 204)


@bp.post("/uploads/<uuid:media_id>/alt")
@guard(Access.SIGNED_IN, once=False)
def describe_in_words(media_id: UUID) -> Response:
    keeping.describe_in_words(media_id, signed_in_viewer().id, request.form.get("alt", ""))
    if is_htmx():
        return make_response("", 204)
    flash("The description is saved.", "good")
    return see(safe_next(request.form.get("next"), LIBRARY))


@bp.post("/uploads/<uuid:media_id>/remove")
@guard(Access.SIGNED_IN)
def remove(media_id: UUID) -> Response:
    try:
        keeping.remove(media_id, signed_in_viewer().id)
    except keeping.InUse as refused:
        flash(refused.message, "bad")
    else:
        flash("The file is removed.", "good")
    return see(safe_next(request.form.get("next"), LIBRARY))


def shown_state(media: Media) -> dict[str, Any]:
    """What templates/media/_state.html and _item.html show."""
    return {
        "id": media.id,
        "name": media.name,
        "kind": media.kind,
        "state": media.state,
        "progress": media.progress,
        "sentence": TROUBLES.get(media.trouble or ""),
        "taken_down": media.moderation == "removed",
        "media": describe(media),
        "holder": ("media", media.id),
    }


def shown_states(media_ids: list[UUID], owner_id: UUID) -> list[dict[str, Any]]:
    """For an editor that shows what is chosen already."""
    return [shown_state(media) for media in queries.find_many(media_ids, owner_id)]


def _ask() -> Response:
    _speaks_tus()
    said = _metadata()
    asked = Asked(
        said.get("filename", ""),
        number_in("Upload-Length"),
        said.get("filetype", ""),
        _purpose(said.get("purpose")),
    )
    media = uploading.begin(signed_in_viewer().id, asked)
    response = make_response("", 201)
    response.headers["Location"] = f"/uploads/{media.id}"
    return _say_direct(response)


def _take_form() -> Response:
    purpose, back = _purpose(request.form.get("purpose")), safe_next(request.form.get("next"), LIBRARY)
    files = [file for file in request.files.getlist("file") if file.filename]
    if not files or len(files) > FILES_MOST:
        words = f"Choose up to {FILES_MOST} files at once." if files else "Choose a file first."
        return _not_taken(words, 422, back)
    try:
        taken = uploading.take(
            signed_in_viewer().id,
            [(_asked(file, purpose), file.stream) for file in files],
        )
    except UploadRefused as refused:
        return _not_taken(refused.message, refused.status, back)
    flash(
        "Received. It is being made ready." if len(taken) == 1 else "Received. They are being made ready.",
        "good",
    )
    return see(_with_media(back, [media.id for media in taken]))


def _not_taken(words: str, status: int, back: str) -> Response:
    """On a page of its own; with htmx beside the form, where only a 422 is shown."""
    shown = 422 if is_htmx() else status
    return page("media/refused.html", partial="media/_refused.html", status=shown, words=words, back=back)


def _asked(file: FileStorage, purpose: Purpose) -> Asked:
    file.stream.seek(0, 2)
    size = file.stream.tell()
    file.stream.seek(0)
    return Asked(file.filename or "", size, file.mimetype, purpose)


def _with_media(address: str, media_ids: list[UUID]) -> str:
    """The page that sent the form learns what came of it."""
    if address == LIBRARY:
        return address
    joint = "&" if urlsplit(address).query else "?"
    return address + joint + urlencode([("media", str(one)) for one in media_ids])


def _purpose(said: str | None) -> Purpose:
    """Everybody sends files to others; what stands on a page is a creator's."""
    purpose = Purpose(said) if said in set(Purpose) else Purpose.POST
    if purpose is not Purpose.MESSAGE and not signed_in_viewer().has(Role.CREATOR):
        raise Forbidden("Creators send files here: open a page of your own first.")
    return purpose


def _speaks_tus() -> None:
    g.tus = True
    if request.headers.get("Tus-Resumable") != TUS["Tus-Resumable"]:
        raise TusVersion("Send it by version 1.0.0 of the tus protocol.")


def number_in(header: str) -> int:
    said = request.headers.get(header, "")
    if not said.isascii() or not said.isdigit() or len(said) > 15:
        raise BadTus(f"{header} must be a whole number.")
    return int(said)


def _metadata() -> dict[str, str]:
    found = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        name, _, value = pair.strip().partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise BadTus("Upload-Metadata holds what is not base64.") from None
    return found


def _say_direct(response: Response) -> Response:
    """That parts may go straight to where they are kept (views/direct.py)."""
    if direct_storage():
        response.headers["Upload-Direct"] = "1"
    return response


def offset_answer(media: Media, status: int) -> Response:
    g.tus = True
    response = make_response("", status)
    response.headers.update(
        {"Upload-Offset": str(media.received), "Upload-Length": str(media.size), "Cache-Control": "no-store"}
    )
    return _say_direct(response)
