"""What readers see of a post, changed: rendered anew, its version counted up, the earlier text kept."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select

from app.creators.models import Creator
from app.entitlements.rules import Audience
from app.extensions import db
from app.kit import clock, markdown
from app.media.models import Media
from app.media.operations import holding
from app.media.shown import Described, describe
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import Refused
from app.posts import queries, rendering, telling
from app.posts.content import Content, PollWish
from app.posts.errors import NotNow, PinnedEnough, PollHasVotes, PollOver
from app.posts.models import Poll, PollOption, Post, PostMedia
from app.posts.operations import drafts

PINNED_MOST = 3
COPIED = ("title", "body", "rank", "price", "currency", "adult", "link")


def apply(post: Post, content: Content, *, out: bool) -> bool:
    """The post says and asks what `content` says from now on. Whether a reader could see a difference.

    `out`: readers see it from now on, so its media have to be ready, and public where it is.
    """
    before = _visible(post)
    text_before = (post.title, post.body, list(post.media))
    for name in COPIED:
        setattr(post, name, getattr(content, name))
    post.audience = content.audience.value
    post.media = _use_media(post, content, out=out)
    rendered = rendering.render(content, queries.known_handles(markdown.handles(content.body)))
    post.body_html, post.teaser = rendered.html, rendered.teaser
    post.words = rendered.words
    poll_changed = _set_poll(post, content.poll)
    post.working = None
    drafts.saved(post)
    changed = _visible(post) != before or poll_changed
    if changed and post.published_at is not None:
        drafts.remember(post, *text_before)
    if changed and _same_version(post, text_before):
        post.version += 1
    return changed


def reads_otherwise(post: Post, content: Content) -> bool:
    """Whether somebody to whom the post is open would read or see something else in it."""
    found, wish = queries.poll_of(post.id), content.poll
    same_poll = _asks_the_same(*found, wish) if found and wish else not (found or wish)
    shown = tuple(UUID(one["id"]) for one in post.media)
    said = post.title, post.body, post.link, shown
    return not same_poll or said != (content.title, content.body, content.link, content.media)


def pin(creator_id: UUID, post_id: UUID) -> None:
    post = drafts.mine(creator_id, post_id)
    if post.state != "published":
        raise NotNow
    if post.pinned_at is not None:
        return
    # The page's own row is the lock of how many there are.
    db.session.execute(select(Creator.id).where(Creator.id == creator_id).with_for_update())
    if queries.pinned(creator_id) >= PINNED_MOST:
        raise PinnedEnough(PINNED_MOST)
    post.pinned_at = clock.now()
    post.version += 1
    audit.record(Action.POST_PINNED, actor=creator_id, subject=("post", post_id))


def unpin(creator_id: UUID, post_id: UUID) -> None:
    post = drafts.mine(creator_id, post_id)
    if post.pinned_at is None:
        return
    post.pinned_at = None
    post.version += 1
    audit.record(Action.POST_UNPINNED, actor=creator_id, subject=("post", post_id))


def refresh_media(media_id: UUID) -> None:
    """A picture became ready, got other words or another secret: the posts that show it say so.

    What waits for one that failed, or was taken down, would wait for ever: its author is told. One that is
    only typed holds nothing up.
    """
    shown_in = select(PostMedia.post_id).where(PostMedia.media_id == media_id)
    showing = select(Post).where(Post.id.in_(shown_in)).order_by(Post.id).with_for_update()
    posts = db.session.scalars(showing).all()
    media = db.session.get(Media, media_id, populate_existing=True)
    if media is None:
        return
    described = describe(media)
    unusable = media.state == "failed" or media.moderation == "removed"
    for post in posts:
        now = [described if one["id"] == described["id"] else one for one in post.media]
        if now != post.media:
            post.media = now
            post.version += 1
        if unusable and post.state == "scheduled" and described in now:
            telling.held_back(post)


def _visible(post: Post) -> tuple[Any, ...]:
    media = [one["id"] for one in post.media]
    return (*(getattr(post, name) for name in COPIED), post.audience, media)


def _same_version(post: Post, text_before: tuple[str, str, list[Any]]) -> bool:
    """`remember` counted up already, where there was a text to keep."""
    return post.published_at is None or not any(text_before)


def _use_media(post: Post, content: Content, *, out: bool) -> list[Described]:
    wanted, public = content.media, out and content.audience is Audience.PUBLIC
    before = queries.media_of(post.id)
    new = [one for one in wanted if one not in before]
    if set(new) - drafts.usable_media(post, new):
        raise Refused("One of the files is gone or is in another post already. Take it out.", "media")
    described = holding.attach(wanted, post.creator_id, public=public, unready=not out)
    drafts.keep_order(post.id, list(wanted))
    holding.release([one for one in before if one not in wanted])
    return described


def _set_poll(post: Post, wish: PollWish | None) -> bool:
    """Whether anything changed. What people have voted on stays what it was."""
    post_id, found = post.id, queries.poll_of(post.id)
    same = found is not None and wish is not None and _asks_the_same(*found, wish)
    # A poll that readers know may end early; one that they never met must not be over.
    if wish is not None and wish.over and not (same and post.published_at):
        raise PollOver
    if found is None:
        if wish is not None:
            _add_poll(post_id, wish)
        return wish is not None
    poll, options = found
    if wish is not None and same:
        changed = poll.closes_at != wish.closes_at
        poll.closes_at = wish.closes_at
        return changed
    if _votes(post_id):
        raise PollHasVotes
    db.session.execute(delete(Poll).where(Poll.post_id == post_id))
    db.session.expunge(poll)
    for option in options:
        db.session.expunge(option)
    if wish is not None:
        _add_poll(post_id, wish)
    return True


def _asks_the_same(poll: Poll, options: Sequence[PollOption], wish: PollWish) -> bool:
    asked = (poll.question, poll.several, tuple(one.label for one in options))
    return asked == (wish.question, wish.several, wish.options)


def _add_poll(post_id: UUID, wish: PollWish) -> None:
    db.session.add(
        Poll(post_id=post_id, question=wish.question, several=wish.several, closes_at=wish.closes_at)
    )
    db.session.flush()  # the options name it
    db.session.add_all(
        PollOption(post_id=post_id, position=position, label=label)
        for position, label in enumerate(wish.options)
    )


def _votes(post_id: UUID) -> int:
    """Counted under the poll's lock, so that no vote comes in between."""
    db.session.execute(select(Poll.post_id).where(Poll.post_id == post_id).with_for_update())
    votes = select(func.coalesce(func.sum(PollOption.votes), 0)).where(PollOption.post_id == post_id)
    return int(db.session.scalar(votes) or 0)
