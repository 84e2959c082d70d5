"""Likes and bookmarks: each form says what is wanted, so that a stale page does what it shows."""

from collections.abc import Callable
from uuid import UUID

from htmx_flask import request
from werkzeug.wrappers import Response

from app.platform.guards import Access, guard
from app.platform.pages import page, partial, safe_next, see
from app.platform.viewer import signed_in_viewer
from app.platform.web import page_behind
from app.posts.operations import liking
from app.posts.places import Place
from app.posts.queries_page import OpenPost, kept_posts
from app.posts.views import adults, bp

Turn = Callable[[UUID, UUID, bool], OpenPost]


@bp.post("/posts/<uuid:post_id>/like")
@guard(Access.SIGNED_IN)
def like(post_id: UUID) -> Response:
    return _turn(liking.like, post_id, "posts/_like.html")


@bp.post("/posts/<uuid:post_id>/bookmark")
@guard(Access.SIGNED_IN)
def bookmark(post_id: UUID) -> Response:
    return _turn(liking.keep, post_id, "posts/_keep.html")


@bp.get("/bookmarks")
@guard(Access.SIGNED_IN)
def bookmarks() -> Response:
    before = Place.read(request.args.get("before"))
    found, older = kept_posts(signed_in_viewer().id, before=before)
    pairs = [(card, adults.shut(card, seen)) for card, seen in found]
    return page("posts/bookmarks.html", pairs=pairs, older=older, paged=before is not None)


def _turn(turn: Turn, post_id: UUID, template: str) -> Response:
    """Back to the page where it was pressed, at the post: with htmx the button alone changes."""
    post = turn(signed_in_viewer().id, post_id, bool(request.form.get("on")))
    if request.htmx:
        return partial(template, card=post.card, seen=post.seen)
    behind = safe_next(page_behind(), post.card.href) if request.referrer else post.card.href
    return see(f"{behind.partition('#')[0]}#post-{post_id}")
