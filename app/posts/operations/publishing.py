"""A post goes out, at once or at its time, and comes back in."""

import logging
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, cast, column, exists, func, select, update
from sqlalchemy.dialects.postgresql import JSONB

from app.accounts.models import User
from app.creators.models import Creator
from app.entitlements.queries import held_by_anybody, hidden_from
from app.entitlements.rules import Kind
from app.extensions import db
from app.kit import clock
from app.media.errors import NotArrived
from app.media.models import Media
from app.media.operations import holding
from app.media.queries import BEING_MADE, UNFINISHED
from app.platform import audit, share_cards
from app.platform.audit import Action
from app.platform.errors import Refused
from app.platform.transaction import transaction
from app.posts import news, sharing
from app.posts.card import AUTHOR, CREATOR
from app.posts.content import Content, Fields, Hand
from app.posts.errors import NotNow, ReadByBuyers
from app.posts.models import Poll, Post
from app.posts.operations import drafts, editing, spreading

log = logging.getLogger(__name__)

WRITABLE = {"draft", "scheduled", "unpublished"}
AT_ONCE = 50


def publish(creator_id: UUID, post_id: UUID, content: Content, hand: Hand) -> Post:
    """For the first time, again, or the next version of what is out already.

    What is not out yet and waits for a file goes out by itself, as soon as that is ready.
    """
    post = drafts.mine_or_new(creator_id, post_id)
    drafts.agree(post, hand)
    if post.state in WRITABLE and _some_are(content.media, BEING_MADE):
        return _go_out_later(post, content, clock.now())
    changed = editing.apply(post, content, out=True)
    if post.state == "published":
        if changed:
            post.edited_at = clock.now()
            audit.record(Action.POST_EDITED, actor=creator_id, subject=("post", post_id))
            share_cards.redraw(sharing.KIND, post_id)
        return post
    _go_out(post)
    return post


def schedule(creator_id: UUID, post_id: UUID, content: Content, at: datetime, hand: Hand) -> Post:
    post = drafts.mine_or_new(creator_id, post_id)
    if post.state not in WRITABLE:
        raise NotNow
    if at <= clock.now():
        raise Refused("That moment has passed. Choose a later one, or publish now.", "publish_at")
    drafts.agree(post, hand)
    if post.published_at and _somebody_bought(post_id) and editing.reads_otherwise(post, content):
        raise ReadByBuyers
    return _go_out_later(post, content, at)


def take_back(creator_id: UUID, post_id: UUID, fields: Fields) -> Post:
    """A scheduled post is a draft again; `fields` are what the editor shows of it."""
    post = drafts.mine(creator_id, post_id)
    if post.state == "published":
        raise NotNow
    if post.state == "scheduled":
        post.state = "draft" if post.published_at is None else "unpublished"
        post.publish_at = None
        post.working = post.working or {**fields, drafts.PAGE: "", drafts.STROKE: 0}
        drafts.saved(post)
        audit.record(Action.POST_SCHEDULED, actor=creator_id, subject=("post", post_id), at=None)
    return post


def unpublish(creator_id: UUID, post_id: UUID) -> None:
    post = drafts.mine(creator_id, post_id)
    if post.state != "published":
        return
    post.state, post.pinned_at = "unpublished", None
    post.version += 1
    drafts.saved(post)
    came_in(post)
    audit.record(Action.POST_UNPUBLISHED, actor=creator_id, subject=("post", post_id))


def publish_due() -> int:
    """Some of what its time has come for, the longest due first; how many went out.

    Each in a transaction of its own: one that cannot go stops nobody. Claimed by its state under its lock,
    so that two schedulers publish it once.
    """
    due = select(Post.id).join(*CREATOR).join(*AUTHOR).where(_is_due())
    first = db.session.scalars(due.order_by(Post.publish_at, Post.id).limit(AT_ONCE)).all()
    return sum(_publish_now(post_id) for post_id in first)


def _go_out_later(post: Post, content: Content, at: datetime) -> Post:
    editing.apply(post, content, out=False)
    if _some_are(content.media, UNFINISHED):
        raise NotArrived
    post.state, post.publish_at = "scheduled", at
    audit.record(Action.POST_SCHEDULED, actor=post.creator_id, subject=("post", post.id), at=at.isoformat())
    return post


def _publish_now(post_id: UUID) -> bool:
    still_due = (
        select(Post)
        .join(*CREATOR)
        .join(*AUTHOR)
        .where(Post.id == post_id, _is_due())
        .with_for_update(skip_locked=True, of=Post)
    )
    try:
        with transaction():
            post = db.session.scalar(still_due)
            if post is None:
                return False
            post.media = _opened(post)
            _give_time_to_vote(post)
            _go_out(post)
            return True
    except Refused as refusal:
        log.info("post waits", extra={"code": refusal.code})
        return False


def _is_due() -> ColumnElement[bool]:
    """What waits for a file goes out as soon as that is ready, and until then takes nobody's turn.

    So does what waits for its page to be open, and for its author to be back.
    """
    shown = func.jsonb_array_elements(Post.media).table_valued(column("value", JSONB))
    ready = exists().where(
        Media.id == cast(shown.c.value["id"].astext, Uuid),
        Media.user_id == Post.creator_id,
        Media.state == "ready",
        Media.moderation != "removed",
    )
    return and_(
        Post.state == "scheduled",
        Post.publish_at <= clock.now(),
        Creator.state == "open",
        User.state == "active",
        ~hidden_from(None, Post.creator_id.expression),
        ~exists().select_from(shown).where(~ready),
    )


def _somebody_bought(post_id: UUID) -> bool:
    return bool(db.session.scalar(select(held_by_anybody(post_id, Kind.PURCHASE, Kind.GIFT))))


def _some_are(media: Collection[UUID], states: Collection[str]) -> bool:
    return bool(db.session.scalar(select(exists().where(Media.id.in_(media), Media.state.in_(states)))))


def _opened(post: Post) -> list[dict[str, object]]:
    ids = [UUID(one["id"]) for one in post.media]
    return holding.attach(ids, post.creator_id, public=post.audience == "public")


def _give_time_to_vote(post: Post) -> None:
    """Where its post waited for longer than a poll has left, it is open as long as it was meant to be.

    What readers knew before goes on as they knew it.
    """
    now = clock.now()
    db.session.execute(
        update(Poll)
        .where(Poll.post_id == post.id, Post.id == Poll.post_id)
        .where(Post.published_at.is_(None), Poll.closes_at > Post.publish_at)
        .where(Poll.closes_at - now < now - Post.publish_at)
        .values(closes_at=Poll.closes_at + (now - Post.publish_at))
        .execution_options(synchronize_session=False)
    )


def _go_out(post: Post) -> None:
    if post.published_at is None:
        spreading.ask(post.id)
    post.state, post.publish_at = "published", None
    post.published_at = post.published_at or clock.now()
    post.version += 1
    count(post.creator_id)
    audit.record(Action.POST_PUBLISHED, actor=post.creator_id, subject=("post", post.id))
    share_cards.redraw(sharing.KIND, post.id)
    news.published(post.creator_id)


def came_in(post: Post) -> None:
    """No reader sees it any more: it does not count, and its media are closed."""
    post.media = holding.withdraw([UUID(one["id"]) for one in post.media])
    share_cards.redraw(sharing.KIND, post.id)
    count(post.creator_id)


def count(creator_id: UUID) -> None:
    """How many posts a page says it has, and when it had the last one: of those that may be known."""
    db.session.flush()
    # Counted under the page's own row, so that nobody counts without what another one publishes meanwhile.
    db.session.execute(select(Creator.id).where(Creator.id == creator_id).with_for_update(key_share=True))
    known = (
        Post.creator_id == creator_id,
        Post.state == "published",
        ~hidden_from(None, Post.id.expression),
    )
    db.session.execute(
        update(Creator)
        .where(Creator.id == creator_id)
        .values(
            posts=select(func.count()).select_from(Post).where(*known).scalar_subquery(),
            last_post_at=select(func.max(Post.published_at)).where(*known).scalar_subquery(),
        )
        .execution_options(synchronize_session=False)
    )
