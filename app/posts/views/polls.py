"""Voting."""

from uuid import UUID

from htmx_flask import request
from werkzeug.wrappers import Response

from app.kit.ids import parse_id
from app.platform.guards import Access, guard
from app.platform.pages import form_page, partial, see
from app.platform.viewer import signed_in_viewer
from app.posts.errors import BadVote
from app.posts.operations import voting
from app.posts.queries_page import find_post
from app.posts.views import adults, bp
from app.posts.views.page import post_page

POLL = "posts/_poll.html"


@bp.post("/posts/<uuid:post_id>/vote")
@guard(Access.SIGNED_IN)
def vote(post_id: UUID) -> Response:
    person = signed_in_viewer()
    post = find_post(post_id, person.id)
    if adults.has_to_ask(post):
        return see(post.card.href)
    chosen = {one for given in request.form.getlist("option") if (one := parse_id(given))}
    try:
        post = voting.vote(person.id, post_id, chosen)
    except BadVote as refused:
        if request.htmx:
            return form_page(POLL, post=post, card=post.card, seen=post.seen, refused=refused.message)
        return post_page(post, refused=refused.message, status=422)
    if request.htmx:
        return partial(POLL, post=post, card=post.card, seen=post.seen)
    return see(f"{post.card.href}#poll")
