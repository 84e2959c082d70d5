"""Buying one post."""

from uuid import UUID

from werkzeug.wrappers import Response

from app.platform.guards import Access, guard
from app.platform.pages import see
from app.platform.viewer import signed_in_viewer
from app.posts.errors import AlreadyOpen
from app.posts.operations import buying
from app.posts.views import bp


@bp.post("/posts/<uuid:post_id>/buy")
@guard(Access.SIGNED_IN)
def buy(post_id: UUID) -> Response:
    """On to the invoice, or to the post where there is nothing to pay."""
    try:
        invoice = buying.buy(signed_in_viewer().id, post_id)
    except AlreadyOpen:
        return see(f"/posts/{post_id}")
    return see(f"/invoices/{invoice.id}")
