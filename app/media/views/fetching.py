"""The addresses of renditions: public ones for good, closed ones asked about at each request."""

from functools import partial as bound
from uuid import UUID

from flask import Blueprint, Flask, current_app
from werkzeug.wrappers import Response

from app.entitlements.rules import Outcome
from app.media import doors, holders, marking
from app.media.addresses import Ticket, beside, read
from app.media.delivery import CLOSED, PUBLIC, send
from app.media.doors import Stored
from app.media.errors import PaymentNeeded
from app.media.playlists import readdressed
from app.media.shown import TEASER, File
from app.platform.errors import Forbidden, NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.storage import storage
from app.platform.viewer import viewer

bp = Blueprint("media", __name__)


@bp.get("/media/p/<uuid:media_id>/<secret>/<file>")
@guard(Access.ANONYMOUS, limit=None)
def fetch_public(media_id: UUID, secret: str, file: str) -> Response:
    media = doors.stored(media_id)
    if not _is_everybodys(media, secret, file):
        # What its author was just shown as a draft may be out since.
        media = doors.stored(media_id, anew=True)
    if media is None or not _is_everybodys(media, secret, file):
        raise NotFound
    return send(_file(media, file), cache=PUBLIC)


@bp.get("/media/<signed>")
@guard(Access.ANYONE, limit=None)
def fetch_closed(signed: str) -> Response:
    ticket = read(signed)
    person = viewer()
    if ticket is None or ticket.viewer_id != (person.id if person else None):
        raise NotFound
    media = _opened(ticket)
    file = _file(media, ticket.name)
    if file["type"] == "application/vnd.apple.mpegurl":
        return _playlist(ticket, file)
    if person:
        file = marking.for_reader(media, file, person.id, person.handle)
    application = current_app._get_current_object()  # type: ignore[attr-defined]
    return send(file, cache=CLOSED, still_open=bound(_still_open, ticket, application))


def _is_everybodys(media: Stored | None, secret: str, file: str) -> bool:
    if media is None or media.shut or media.secret != secret:
        return False
    return media.public or file.startswith(f"{TEASER}.")


def _opened(ticket: Ticket) -> Stored:
    media = doors.stored(ticket.media_id)
    found = doors.decision(ticket.viewer_id, ticket.holder, ticket.media_id)
    if media is None or found is None or found.outcome is Outcome.HIDDEN:
        raise NotFound
    if not media.attached and not holders.shows_loose(ticket.holder[0]):
        raise NotFound
    if found.open:
        return media
    if found.payable:
        raise PaymentNeeded
    raise Forbidden(found.explained())


def _still_open(ticket: Ticket, application: Flask) -> bool:
    """In the middle of a long answer, when the request's own context is gone."""
    with application.app_context():
        try:
            _opened(ticket)
        except Refused:
            return False
    return True


def _file(media: Stored, name: str) -> File:
    if name not in media.files:
        raise NotFound
    return media.files[name]


def _playlist(ticket: Ticket, file: File) -> Response:
    with storage().open(file["key"]) as text:
        lines = text.read().decode()
    response = Response(readdressed(lines, lambda name: beside(ticket, name)), content_type=file["type"])
    response.headers["Cache-Control"] = CLOSED
    return response
