"""Where a browser asks for addresses of parts, and says that it sent one."""

from uuid import UUID

from flask import Blueprint, jsonify
from werkzeug.wrappers import Response

from app.media.operations import direct
from app.media.views.uploads import number_in, offset_answer
from app.platform.guards import Access, guard
from app.platform.viewer import signed_in_viewer

bp = Blueprint("direct_uploads", __name__)


@bp.post("/uploads/<uuid:media_id>/parts")
@guard(Access.SIGNED_IN, limit="parts", once=False)
def part(media_id: UUID) -> Response:
    offset = number_in("Upload-Offset")
    address, length = direct.address_of_part(media_id, signed_in_viewer().id, offset=offset)
    return jsonify(address=address, length=length)


@bp.post("/uploads/<uuid:media_id>/arrived")
@guard(Access.SIGNED_IN, limit="parts", once=False)
def arrived(media_id: UUID) -> Response:
    return offset_answer(direct.arrived(media_id, signed_in_viewer().id), 204)
