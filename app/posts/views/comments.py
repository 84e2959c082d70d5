"""Writing comments, changing one's own, and looking after those below one's own posts."""

from uuid import UUID

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.creators.views.people import BLOCK, BLOCK_SHEET
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, partial, safe_next, see
from app.platform.viewer import signed_in_viewer, viewer
from app.posts.forms.comments import CommentForm
from app.posts.models import Comment
from app.posts.operations import commenting
from app.posts.queries_page import CommentShown, find_comment, find_post
from app.posts.views import adults, bp
from app.posts.views.page import post_page

EDIT = "posts/comment_edit.html"


@bp.post("/posts/<uuid:post_id>/comments")
@guard(Access.SIGNED_IN, limit="comment")
def write_comment(post_id: UUID) -> Response:
    person, form = signed_in_viewer(), CommentForm()
    post = find_post(post_id, person.id)
    if adults.has_to_ask(post):
        return see(post.card.href)
    try:
        if form.validate():
            return _written(commenting.write(person.id, post_id, form.body.data or ""))
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(refused)
    if request.htmx:
        return form_page("posts/_comment_form.html", post=post, card=post.card, form=form)
    return post_page(post, form=form, status=422)


@bp.get("/comments/<uuid:comment_id>/edit")
@guard(Access.SIGNED_IN)
def edit_comment(comment_id: UUID) -> Response:
    comment = _own(comment_id)
    form = CommentForm(formdata=None, data={"body": comment.body})
    return page(EDIT, partial="posts/_comment_edit.html", comment=comment, form=form)


@bp.post("/comments/<uuid:comment_id>/edit")
@guard(Access.SIGNED_IN)
def save_comment(comment_id: UUID) -> Response:
    comment, form = _own(comment_id), CommentForm()
    try:
        if form.validate():
            return _changed(commenting.edit(signed_in_viewer().id, comment_id, form.body.data or ""))
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(refused)
    return form_page(EDIT, partial="posts/_comment_edit.html", comment=comment, form=form)


@bp.get("/comments/<uuid:comment_id>")
@guard(Access.ANYONE)
def show_comment(comment_id: UUID) -> Response:
    """Where it stands; for htmx the comment alone, for who does not want to edit it after all."""
    person = viewer()
    found, post = find_comment(comment_id, person.id if person else None)
    alone = request.htmx and not adults.has_to_ask(post)
    return partial("posts/_comment.html", comment=found) if alone else see(_place(found))


@bp.post("/comments/<uuid:comment_id>/delete")
@guard(Access.SIGNED_IN)
def delete_comment(comment_id: UUID) -> Response:
    post_id = commenting.delete(signed_in_viewer().id, comment_id)
    if request.htmx:
        return _in_place(None, post_id)
    flash("The comment is deleted.", "good")
    return _back(f"/posts/{post_id}#comments")


@bp.post("/comments/<uuid:comment_id>/show")
@guard(Access.SIGNED_IN)
def approve_comment(comment_id: UUID) -> Response:
    shown = commenting.moderate(signed_in_viewer().id, comment_id, show=True)
    if not request.htmx:
        flash("The comment is shown now.", "good")
    return _changed(shown)


@bp.post("/comments/<uuid:comment_id>/hide")
@guard(Access.SIGNED_IN)
def hide_comment(comment_id: UUID) -> Response:
    return _changed(commenting.moderate(signed_in_viewer().id, comment_id, show=False))


@bp.get("/comments/<uuid:comment_id>/block")
@guard(Access.SIGNED_IN)
def ask_to_block(comment_id: UUID) -> Response:
    """Asked first: it ends more than a comment."""
    comment, _ = find_comment(comment_id, signed_in_viewer().id)
    if not comment.hosted or comment.mine:
        raise NotFound
    back = safe_next(request.args.get("next"), _place(comment))
    action, person = f"/comments/{comment.id}/block", comment.author
    return page(BLOCK, partial=BLOCK_SHEET, person=person, action=action, back=back, comment=True)


@bp.post("/comments/<uuid:comment_id>/block")
@guard(Access.SIGNED_IN)
def block_author(comment_id: UUID) -> Response:
    post_id = commenting.block_author(signed_in_viewer().id, comment_id)
    flash("Blocked. They do not see your page or your posts any more.", "good")
    return _back(f"/posts/{post_id}#comments")


def _written(comment: Comment) -> Response:
    """With htmx the emptied form; the list reads what is new itself, when it shows the last ones."""
    person = signed_in_viewer()
    if request.htmx and request.form.get("after") is not None:
        post = find_post(comment.post_id, person.id)
        return partial(
            "posts/_comment_form.html",
            trigger="commented",
            post=post,
            card=post.card,
            form=CommentForm(formdata=None),
            held=comment.state == commenting.HELD,
        )
    return see(_place(comment))


def _changed(comment: CommentShown) -> Response:
    return _in_place(comment, comment.post_id) if request.htmx else _back(_place(comment))


def _in_place(comment: CommentShown | None, post_id: UUID) -> Response:
    """Where it stood, and how many are shown now."""
    count = find_post(post_id, signed_in_viewer().id).card.comments
    return partial("posts/_comment_changed.html", comment=comment, count=count)


def _back(otherwise: str) -> Response:
    """To the list that it was pressed in."""
    return see(safe_next(request.form.get("next"), otherwise))


def _place(comment: Comment | CommentShown) -> str:
    return f"/posts/{comment.post_id}?from={comment.id}#comment-{comment.id}"


def _own(comment_id: UUID) -> CommentShown:
    comment, _ = find_comment(comment_id, signed_in_viewer().id)
    if not comment.mine:
        raise NotFound
    return comment
