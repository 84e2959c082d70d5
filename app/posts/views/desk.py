"""What an author has written: the lists, the earlier texts of a post, and how it looks to others."""

from typing import Any
from uuid import UUID

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.kit import markdown
from app.kit.text import clean_line
from app.media.queries import find_many
from app.media.shown import describe
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.pages import page, see
from app.platform.viewer import signed_in_viewer
from app.platform.web import page_behind
from app.posts import previewing, queries
from app.posts.forms.editor import EditorForm, fields_of
from app.posts.models import Post
from app.posts.operations import drafts
from app.posts.places import Place
from app.posts.queries_waiting import waiting
from app.posts.views import bp

DESK, WAITING = "posts/desk.html", "posts/waiting.html"
HISTORY, PREVIEW = "posts/history.html", "posts/preview.html"
SEARCH_MAX = 100
TAB_LABELS = {
    "published": "Published",
    "scheduled": "Scheduled",
    "drafts": "Drafts",
    "unpublished": "Unpublished",
}


@bp.get("/dashboard/posts")
@guard(Access.CREATOR)
def desk() -> Response:
    creator_id = signed_in_viewer().id
    tab = queries.TABS.get(request.args.get("tab", ""), queries.TABS["published"])
    words = clean_line(request.args.get("q"))[:SEARCH_MAX]
    after = Place.read(request.args.get("after"))
    lines, older = queries.lines(creator_id, tab, words, after)
    return page(
        DESK,
        tab=tab.name,
        labels=TAB_LABELS,
        tabs_of=queries.TABS,
        words=words,
        lines=lines,
        older=older,
        paged=after is not None,
        counts=queries.counts(creator_id),
    )


@bp.get("/dashboard/posts/comments")
@guard(Access.CREATOR)
def comments_that_wait() -> Response:
    creator_id = signed_in_viewer().id
    after = Place.read(request.args.get("after"))
    found, older = waiting(creator_id, after)
    return page(
        WAITING,
        tab="comments",
        labels=TAB_LABELS,
        tabs_of=queries.TABS,
        waiting=found,
        here=page_behind(),
        older=older,
        paged=after is not None,
        counts=queries.counts(creator_id),
    )


@bp.get("/posts/<uuid:post_id>/history")
@guard(Access.CREATOR)
def history(post_id: UUID) -> Response:
    post = _mine(post_id)
    before = request.args.get("before", "")
    bound = int(before) if before.isascii() and before.isdigit() and len(before) < 10 else None
    versions, older = queries.versions(post_id, bound)
    return page(HISTORY, post=post, versions=versions, older=older, paged=bound is not None)


@bp.post("/posts/<uuid:post_id>/history/<int:version>/restore")
@guard(Access.CREATOR)
def restore_version(post_id: UUID, version: int) -> Response:
    post = _mine(post_id)
    drafts.restore(post.creator_id, post_id, version, _fields(post, queries.tiers_of(post.creator_id, post)))
    flash("The earlier text stands in the editor. Readers see it once you publish it.", "good")
    return see(f"/posts/{post_id}/edit")


@bp.get("/posts/<uuid:post_id>/preview")
@guard(Access.CREATOR)
def preview(post_id: UUID) -> Response:
    post = _mine(post_id)
    tiers = queries.tiers_of(post.creator_id, post)
    form = EditorForm(_fields(post, tiers), tiers, post.currency)
    form.validate()  # and so cleaned; what is not right yet is told below, and shown as far as it goes
    content = form.content()
    ready = [one for one in find_many(content.media, post.creator_id) if one.state == "ready"]
    # By addresses of the author's own: the public ones may lead nowhere while their page is closed.
    media = [describe(one) | {"public": False} for one in ready]
    handles = queries.known_handles(markdown.handles(content.body))
    card = previewing.as_typed(queries.card_of(post_id), content, media, tiers, handles)
    eyes = previewing.all_eyes(card, tiers)
    looking = next((one for one in eyes if one.name == request.args.get("as")), eyes[0])
    return page(
        PREVIEW,
        post=post,
        card=card,
        seen=previewing.seen_with(card, looking, post.creator_id),
        eyes=eyes,
        looking=looking,
        poll=content.poll,
        waiting=len(content.media) - len(media),
        trouble=[message for messages in form.errors.values() for message in messages],
    )


def _mine(post_id: UUID) -> Post:
    post = queries.find_mine(signed_in_viewer().id, post_id)
    if post is None:
        raise NotFound
    return post


def _fields(post: Post, tiers: Any) -> Any:
    poll = queries.poll_of(post.id) if post.working is None else None
    return fields_of(post, poll, tiers)
