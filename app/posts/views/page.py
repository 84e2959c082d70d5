"""The page of one post, and its comments as they go on."""

from typing import Any
from uuid import UUID

from htmx_flask import request
from werkzeug.wrappers import Response

from app.kit.ids import parse_id
from app.platform.guards import Access, guard
from app.platform.pages import page, see
from app.platform.sharing import same_for_strangers
from app.platform.viewer import viewer
from app.posts import counting
from app.posts.card import gate_words
from app.posts.forms.comments import CommentForm
from app.posts.queries_page import OpenPost, find_comments, find_post, neighbours
from app.posts.views import adults, bp
from app.posts.views.sharing import share_tags


@bp.get("/posts/<uuid:post_id>")
@guard(Access.ANYONE)
def show(post_id: UUID) -> Response:
    person = viewer()
    post = find_post(post_id, person.id if person else None)
    asked = adults.has_to_ask(post)
    if post.seen.open and not post.seen.mine and not asked and request.method == "GET":
        counting.viewed(post_id)
    same_for_strangers()
    return post_page(post)


@bp.get("/posts/<uuid:post_id>/comments")
@guard(Access.ANYONE)
def comments(post_id: UUID) -> Response:
    """The next ones, for a page that shows the others already; without htmx the page that begins there."""
    person = viewer()
    viewer_id = person.id if person else None
    post = find_post(post_id, viewer_id)
    if adults.has_to_ask(post):
        return see(post.card.href)
    since, after = (parse_id(request.args.get(name, "")) for name in ("from", "after"))
    found = find_comments(post, viewer_id, since=since, after=after)
    if request.htmx:
        going_on = (after or "") if "after" in request.args else None
        return page("posts/_comments.html", **_context(post), comments=found, after=going_on)
    return post_page(post)


def post_page(
    post: OpenPost, *, form: CommentForm | None = None, refused: str = "", status: int = 200
) -> Response:
    if adults.has_to_ask(post):
        return adults.ask(post)
    person = viewer()
    since = parse_id(request.args.get("from", ""))
    viewer_id = person.id if person else None
    found = find_comments(post, viewer_id, since=since)
    before, after = neighbours(post.card, viewer_id)
    return page(
        "posts/page.html",
        status=status,
        **_context(post),
        comments=found,
        after=None,
        before_it=before,
        after_it=after,
        form=form or CommentForm(formdata=None),
        refused=refused,
        page_meta=share_tags(post.card),
    )


def _context(post: OpenPost) -> dict[str, Any]:
    return {
        "post": post,
        "card": post.card,
        "seen": post.seen,
        "gate": gate_words(post.card, post.seen.decision),
    }
