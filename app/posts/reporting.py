"""Posts, comments and whole pages can be reported; what upholding does to each."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from flask import Flask
from markupsafe import Markup
from sqlalchemy import select

from app.accounts import standing
from app.accounts.models import User
from app.creators.models import Creator
from app.entitlements.operations import grants
from app.entitlements.operations.grants import Extent
from app.entitlements.queries import decide, hidden_from
from app.entitlements.rules import Audience, Closed, Kind, Lock, Outcome
from app.extensions import db
from app.kit import clock
from app.media import holders
from app.media.holders import Showing
from app.media.models import Media
from app.media.operations import holding
from app.media.shown import describe
from app.moderation import people, subjects
from app.moderation.queries import may_look, reported_since, undecided
from app.moderation.subjects import Files, Reportable, Subject
from app.platform.errors import NotFound
from app.platform.viewer import Role
from app.posts import locks, queries
from app.posts.models import Comment, Post, PostMedia, PostVersion
from app.posts.operations import commenting, drafts, publishing
from app.posts.queries_page import find_comment, find_post

POST, REPORTED = "post", "reported_post"
CAUSE = "report"
INSIDE_FOR = timedelta(hours=1)
UNTITLED = "A post without a title"


def init_app(app: Flask) -> None:
    standing.on_role_taken(let_out)
    holders.register(REPORTED, _showing, loose=True)
    holders.keep(_kept)
    subjects.register(app, "person", replace(people.PERSON, find=seen_person))
    subjects.register(
        app,
        POST,
        Reportable(
            noun="post",
            consequence="The post closes to everybody, its author too, and its pictures lose their address.",
            find=seen_post,
            look=look_at_post,
            take_down=take_post_down,
            put_back=put_post_back,
            files=_taken_out,
            open_to=let_in,
        ),
    )
    subjects.register(
        app,
        "comment",
        Reportable(
            noun="comment",
            consequence="Nobody reads the comment any more.",
            find=seen_comment,
            look=look_at_comment,
            take_down=commenting.take_down,
            put_back=commenting.put_back,
            open_to=lambda comment_id, moderator_id: let_in(_post_of(comment_id), moderator_id),
        ),
    )
    subjects.register(
        app,
        "creator",
        Reportable(
            noun="page",
            consequence="All that was posted there closes to everybody, until the report is taken back.",
            find=seen_creator,
            look=look_at_creator,
            take_down=lambda creator_id: grants.deny(creator_id, Closed.TAKEDOWN, cause=CAUSE),
            put_back=put_page_back,
            open_to=let_in,
        ),
    )


def seen_person(user_id: UUID, viewer_id: UUID) -> Subject | None:
    """Nobody, to those from whom their page is hidden."""
    return None if _is_hidden(user_id, viewer_id) else people.find(user_id, viewer_id)


def seen_post(post_id: UUID, viewer_id: UUID) -> Subject | None:
    """Reported is what one sees, and no more is shown of it."""
    try:
        post = find_post(post_id, viewer_id)
    except NotFound:
        return None
    card = post.card
    return Subject(card.id, card.creator.id, card.title or UNTITLED, card.teaser, card.href)


def seen_comment(comment_id: UUID, viewer_id: UUID) -> Subject | None:
    """Its words are left out below what is marked 18+: nobody was asked here."""
    try:
        _, post = find_comment(comment_id, viewer_id)
    except NotFound:
        return None
    found = look_at_comment(comment_id)
    shut = post.card.adult and not post.seen.mine
    return replace(found, words="") if found and shut else found


def look_at_post(post_id: UUID) -> Subject | None:
    post = db.session.get(Post, post_id)
    if post is None:
        return None
    return Subject(post_id, post.creator_id, post.title or UNTITLED, _words_of(post), f"/posts/{post_id}")


def _words_of(post: Post) -> str:
    """All that readers read of it: where it leads, what it asks and what its pictures show, too."""
    text = Markup(post.body_html).striptags()  # noqa: S704 - taken apart, not shown as HTML
    asked = queries.poll_of(post.id)
    poll = [asked[0].question, *(f"- {option.label}" for option in asked[1])] if asked else []
    described = [f"[{one['alt']}]" for one in post.media if one.get("alt")]
    link = [post.link["url"]] if post.link else []
    return "\n\n".join(filter(None, (text, "\n".join(link), "\n".join(poll), "\n".join(described))))


def look_at_comment(comment_id: UUID) -> Subject | None:
    row = db.session.execute(
        select(Comment.user_id, Comment.post_id, Comment.body, User.display_name)
        .join(User, User.id == Comment.user_id)
        .where(Comment.id == comment_id)
    ).first()
    if row is None:
        return None
    href = f"/posts/{row.post_id}?from={comment_id}#comment-{comment_id}"
    return Subject(comment_id, row.user_id, f"Comment by {row.display_name}", row.body, href)


def seen_creator(creator_id: UUID, viewer_id: UUID) -> Subject | None:
    creator, user = db.session.get(Creator, creator_id), db.session.get(User, creator_id)
    if creator is None or user is None or creator.state != "open" or user.state != "active":
        return None
    return None if _is_hidden(creator_id, viewer_id) else look_at_creator(creator_id)


def look_at_creator(creator_id: UUID) -> Subject | None:
    creator, user = db.session.get(Creator, creator_id), db.session.get(User, creator_id)
    if creator is None or user is None:
        return None
    return Subject(creator_id, creator_id, user.display_name, creator.about, f"/@{user.handle}")


def take_post_down(post_id: UUID) -> None:
    """Also from those caches that keep by version, and from the addresses that anybody may keep."""
    post = _lock(post_id)
    grants.deny(post_id, Closed.TAKEDOWN, cause=CAUSE)
    holding.take_down(_shown_by(post))
    post.version += 1
    publishing.count(post.creator_id)


def put_post_back(post_id: UUID) -> bool:
    """All of its files, and into the open only what readers see: never what is typed and not out yet."""
    post = _lock(post_id)
    grants.lift(post_id, cause=CAUSE)
    back = _shown_by(post) | _held_by(post)
    holding.put_back(back, _still_down(post))
    holding.make_public(_in_the_open(back))
    post.version += 1
    publishing.count(post.creator_id)
    return locks.seen_by_others(post_id)


def put_page_back(creator_id: UUID) -> bool:
    grants.lift(creator_id, cause=CAUSE)
    return db.session.get_one(Creator, creator_id).state == "open"


def let_in(scope_id: UUID, moderator_id: UUID) -> None:
    until = Extent(label="a report", ends_at=clock.now() + INSIDE_FOR)
    grants.grant(moderator_id, scope_id, Kind.STAFF, cause=f"report:{scope_id}", extent=until)


def let_out(user_id: UUID, role: Role) -> None:
    if role in {Role.MODERATOR, Role.ADMIN}:
        grants.revoke_all(user_id, Kind.STAFF)


def _is_hidden(creator_id: UUID, viewer_id: UUID) -> bool:
    return decide(viewer_id, [Lock(creator_id, creator_id)])[creator_id].outcome is Outcome.HIDDEN


def _lock(post_id: UUID) -> Post:
    return db.session.get_one(Post, post_id, with_for_update=True, populate_existing=True)


def _shown_by(post: Post) -> set[UUID]:
    """What readers saw of it since it was reported, although its author took it out or deleted the post."""
    since = reported_since(POST, post.id).scalar_subquery()
    earlier = select(PostVersion.media).where(PostVersion.post_id == post.id, PostVersion.saved_at >= since)
    return {UUID(one["id"]) for shown in (post.media, *db.session.scalars(earlier)) for one in shown}


def _taken_out(post_id: UUID) -> Files | None:
    """What readers saw of it since it was reported, and see no more."""
    post = db.session.get(Post, post_id)
    if post is None:
        return None
    still = set() if post.state == "removed" else {UUID(one["id"]) for one in post.media}
    found = db.session.scalars(select(Media).where(Media.id.in_(_shown_by(post) - still)).order_by(Media.id))
    return Files((REPORTED, post_id), [describe(one) | {"public": False} for one in found])


def _showing(post_id: UUID) -> Showing | None:
    """To whoever decides about the report, and for as long as it waits, wherever its author went."""
    files = _taken_out(post_id)
    if files is None:
        return None
    return Showing(
        Lock(post_id, post_id),
        frozenset(UUID(one["id"]) for one in files.media),
        known_to=lambda viewer: viewer is not None and may_look(viewer, POST, post_id),
    )


def _kept(media_ids: Collection[UUID]) -> set[UUID]:
    """What readers saw of a post about which somebody has to decide."""
    owners = select(Media.user_id).where(Media.id.in_(media_ids))
    waiting = select(Post).where(Post.creator_id.in_(owners), Post.id.in_(undecided(POST)))
    return {one for post in db.session.scalars(waiting).all() for one in _shown_by(post)} & set(media_ids)


def _still_down(post: Post) -> set[UUID]:
    """What other posts showed that were taken down as well, and that it does not show itself."""
    others = select(Post).where(
        Post.creator_id == post.creator_id, Post.id != post.id, hidden_from(None, Post.id.expression)
    )
    shown = {one for other in db.session.scalars(others).all() for one in _shown_by(other)}
    return shown - {UUID(one["id"]) for one in post.media}


def _held_by(post: Post) -> set[UUID]:
    """With what was only typed, which releases before took down as well; also if it was deleted meanwhile."""
    left = (post.working or {}).get(drafts.HELD, []) if post.state == "removed" else []
    return {*queries.media_of(post.id), *map(UUID, left)}


def _in_the_open(media_ids: set[UUID]) -> list[UUID]:
    """Also what its author put into another post meanwhile."""
    found = db.session.execute(
        select(Media.id, Post.media)
        .join(PostMedia, PostMedia.media_id == Media.id)
        .join(Post, Post.id == PostMedia.post_id)
        .where(Media.id.in_(media_ids), Media.moderation != "removed")
        .where(Post.state == "published", Post.audience == Audience.PUBLIC)
        .where(~hidden_from(None, Post.id.expression))
    )
    return [media_id for media_id, shown in found if str(media_id) in {one["id"] for one in shown}]


def _post_of(comment_id: UUID) -> UUID:
    return db.session.scalars(select(Comment.post_id).where(Comment.id == comment_id)).one()
