"""Writing a post, changing it, and everything that becomes of it."""

from typing import Any
from uuid import UUID

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.creators import earning
from app.creators.errors import NoPage
from app.kit.ids import new_id, parse_id
from app.media.views.uploads import shown_states
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.idempotency import new_key
from app.platform.pages import page, partial, see
from app.platform.viewer import signed_in_viewer
from app.platform.web import is_htmx
from app.posts import queries
from app.posts.content import Fields, Hand
from app.posts.errors import SavedElsewhere
from app.posts.forms.editor import SINGLE, EditorForm, differences, fields_from, fields_of, parse_hidden
from app.posts.models import Post
from app.posts.operations import drafts, editing, publishing, removal
from app.posts.operations.buying import PRODUCT
from app.posts.views import bp

PAGE, SAVED, CONFLICT = "posts/edit.html", "posts/_saved.html", "posts/_conflict.html"
DESK = "/dashboard/posts"
BLANK: Fields = dict.fromkeys(SINGLE, "") | {"visibility": "public", "media": []}
SHOWN_FIRST = ("title", "body", "link", "poll_question", "poll_options", "price")


@bp.get("/posts/new")
@guard(Access.CREATOR)
def new_post() -> Response:
    return _editor(new_id(), None, _with_sent(BLANK))


@bp.post("/posts/new")
@guard(Access.CREATOR)
def save_new_post() -> Response:
    return _save(parse_id(request.form.get("post_id", "")) or new_id())


@bp.get("/posts/<uuid:post_id>/edit")
@guard(Access.CREATOR)
def edit_post(post_id: UUID) -> Response:
    post = _mine(post_id)
    return _editor(post_id, post, _with_sent(_fields(post)))


@bp.post("/posts/<uuid:post_id>/edit")
@guard(Access.CREATOR)
def save_post(post_id: UUID) -> Response:
    _mine(post_id)
    return _save(post_id)


@bp.post("/posts/<uuid:post_id>/autosave")
@guard(Access.CREATOR, once=False)
def autosave_post(post_id: UUID) -> Response:
    """While it is typed. What is not worth a draft yet makes none."""
    fields, creator_id = fields_from(request.form), signed_in_viewer().id
    known = queries.find_mine(creator_id, post_id)
    if known is None and not any(fields[name] for name in (*SHOWN_FIRST, "media")):
        return Response(status=204)
    try:
        post = drafts.keep(creator_id, post_id, fields, _hand())
    except SavedElsewhere:
        return partial(CONFLICT, status=422, other=_other(post_id, fields))
    answer = partial(SAVED, post=post)
    answer.headers["HX-Replace-Url"] = f"/posts/{post_id}/edit"
    return answer


@bp.post("/posts/<uuid:post_id>/unpublish")
@guard(Access.CREATOR)
def unpublish_post(post_id: UUID) -> Response:
    publishing.unpublish(signed_in_viewer().id, post_id)
    flash("Nobody but you sees it now. Publish it again whenever you like.", "good")
    return see(f"/posts/{post_id}/edit")


@bp.post("/posts/<uuid:post_id>/take-back")
@guard(Access.CREATOR)
def take_back_post(post_id: UUID) -> Response:
    publishing.take_back(signed_in_viewer().id, post_id, _fields(_mine(post_id)))
    flash("It is a draft again and does not go out by itself.", "good")
    return see(f"/posts/{post_id}/edit")


@bp.post("/posts/<uuid:post_id>/delete")
@guard(Access.CREATOR)
def delete_post(post_id: UUID) -> Response:
    removal.remove(signed_in_viewer().id, post_id)
    flash("The post is deleted.", "good")
    return see(DESK)


@bp.post("/posts/<uuid:post_id>/pin")
@guard(Access.CREATOR)
def pin_post(post_id: UUID) -> Response:
    try:
        editing.pin(signed_in_viewer().id, post_id)
    except NotFound:
        raise
    except Refused as refusal:
        flash(refusal.message, "bad")
        return see(DESK)
    flash("Pinned: it stands first on your page.", "good")
    return see(DESK)


@bp.post("/posts/<uuid:post_id>/unpin")
@guard(Access.CREATOR)
def unpin_post(post_id: UUID) -> Response:
    editing.unpin(signed_in_viewer().id, post_id)
    flash("Unpinned.", "good")
    return see(DESK)


@bp.post("/posts/<uuid:post_id>/duplicate")
@guard(Access.CREATOR)
def duplicate_post(post_id: UUID) -> Response:
    copy = drafts.duplicate(signed_in_viewer().id, post_id, _fields(_mine(post_id)))
    flash("A copy of the words and terms, as a draft. Pictures stay with the first post.", "good")
    return see(f"/posts/{copy.id}/edit")


@bp.post("/posts/<uuid:post_id>/discard")
@guard(Access.CREATOR)
def discard_changes(post_id: UUID) -> Response:
    drafts.discard(signed_in_viewer().id, post_id)
    flash("Back to what readers see. The other text is in the history.", "good")
    return see(f"/posts/{post_id}/edit")


def _save(post_id: UUID) -> Response:
    """By the button that was pressed. Who presses none publishes, at `publish_at` if they say one."""
    fields, creator_id = fields_from(request.form), signed_in_viewer().id
    intent = request.form.get("intent") or ("schedule" if fields["publish_at"] else "publish")
    try:
        if intent in {"publish", "schedule"}:
            return _send_out(post_id, fields, scheduling=intent == "schedule")
        if intent == "theirs":
            drafts.put_aside(creator_id, post_id, fields)
            flash("Your text is in the history.", "good")
            return see(f"/posts/{post_id}/edit")
        drafts.keep(creator_id, post_id, fields, _hand(over=_replaced(intent)))
    except SavedElsewhere as refusal:
        return _editor(
            post_id,
            _mine(post_id),
            fields,
            status=422 if is_htmx() else refusal.status,
            other=_other(post_id, fields),
        )
    if intent == "preview":
        return see(f"/posts/{post_id}/preview")
    flash("Saved. Only you see it.", "good")
    return see(f"/posts/{post_id}/edit")


def _send_out(post_id: UUID, fields: Fields, *, scheduling: bool) -> Response:
    creator_id, post = signed_in_viewer().id, queries.find_mine(signed_in_viewer().id, post_id)
    form = _form(fields, post, scheduling=scheduling)
    if not form.validate():
        return _editor(post_id, post, fields, status=422, form=form)
    try:
        if scheduling and form.moment:
            publishing.schedule(creator_id, post_id, form.content(), form.moment, _hand())
        else:
            was_out = post is not None and post.state == "published"
            out = publishing.publish(creator_id, post_id, form.content(), _hand()).state == "published"
    except (SavedElsewhere, NotFound):
        raise
    except Refused as refusal:
        form.refuse(refusal)
        return _editor(post_id, post, fields, status=422 if is_htmx() else refusal.status, form=form)
    if scheduling or not out:
        when = "" if scheduling else " as soon as its files are ready"
        flash(f"Scheduled. It goes out by itself{when}.", "good")
        return see(f"{DESK}?tab=scheduled")
    if queries.is_taken_down(post_id):
        flash("Saved. Readers do not see it: a moderator took it down.", "good")
        return see(f"/posts/{post_id}/edit")
    if not queries.page_is_open(creator_id):
        flash("Published. Readers see it when your page is open.", "good")
    else:
        flash("Readers see the new version now." if was_out else "It is out.", "good")
    return see(f"/posts/{post_id}")


def _editor(
    post_id: UUID,
    post: Post | None,
    fields: Fields,
    *,
    status: int = 200,
    form: EditorForm | None = None,
    other: dict[str, Any] | None = None,
) -> Response:
    again, form = request.method == "POST", form or _form(fields, post)
    return page(
        PAGE,
        status=status,
        post=post,
        post_id=post_id,
        form=form,
        keeps=earning.of(signed_in_viewer().id, PRODUCT, form.amount, form.currency),
        chosen=shown_states(drafts.media_ids(fields), signed_in_viewer().id),
        # Shown again, it is the same page; else a new one.
        hand={
            "page": request.form.get("page", "") if again else new_key(),
            "stroke": parse_hidden(request.form, "stroke") if again else 0,
            "saves": parse_hidden(request.form, "saves") if again else (post.saves if post else 0),
        },
        other=other,
    )


def _form(fields: Fields, post: Post | None, *, scheduling: bool = False) -> EditorForm:
    creator_id = signed_in_viewer().id
    currency = queries.currency_of(creator_id)
    if currency is None:
        raise NoPage
    return EditorForm(fields, queries.tiers_of(creator_id, post), currency, scheduling=scheduling)


def _hand(over: int = 0) -> Hand:
    form = request.form
    saves = parse_hidden(form, "saves") if "saves" in form else None
    return Hand(form.get("page", "")[:64], saves, parse_hidden(form, "stroke"), over or None)


def _replaced(intent: str) -> int:
    """`mine:7`: whoever pressed it has seen the seventh save, by somebody else."""
    number = intent.removeprefix("mine:")
    return (
        int(number) if number != intent and number.isascii() and number.isdigit() and len(number) < 10 else 0
    )


def _mine(post_id: UUID) -> Post:
    post = queries.find_mine(signed_in_viewer().id, post_id)
    if post is None:
        raise NotFound
    return post


def _with_sent(fields: Fields) -> Fields:
    """Without JavaScript files are sent by a form of their own, which leads back with their ids."""
    sent = [one for one in request.args.getlist("media") if one not in fields["media"]]
    return {**fields, "media": [*fields["media"], *sent]}


def _fields(post: Post) -> Fields:
    if post.working is not None:
        return post.working
    return fields_of(post, queries.poll_of(post.id), queries.tiers_of(post.creator_id, post))


def _other(post_id: UUID, typed: Fields) -> dict[str, Any]:
    """What somebody else saved, to be shown beside what was typed here."""
    post = _mine(post_id)
    fields = _fields(post)
    return {
        "title": fields["title"],
        "body": fields["body"],
        "saves": post.saves,
        "saved_at": post.saved_at,
        "differs": differences(_form(fields, post), _form(typed, post)),
    }
