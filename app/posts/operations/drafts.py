"""What is typed is kept, at once and wherever it was typed; nobody's newer text is overwritten unseen."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id, parse_id
from app.media.operations import holding
from app.media.queries import lock_many
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import NotFound
from app.posts import queries
from app.posts.content import Fields, Hand
from app.posts.errors import SavedElsewhere
from app.posts.models import BODY_MAX, PICTURES_MAX, TITLE_MAX, Post, PostMedia, PostVersion

PAGE, STROKE = "page", "stroke"
# In place of what was typed, once a post is removed: the files that it held.
HELD = "held"
UUID_VERSION = 7


def mine(creator_id: UUID, post_id: UUID) -> Post:
    """Locked, for a change. A post of somebody else is as good as none."""
    post = queries.lock_mine(creator_id, post_id)
    if post is None:
        raise NotFound
    return post


def mine_or_new(creator_id: UUID, post_id: UUID) -> Post:
    """The editor names a new post before it exists, so that whatever is sent twice makes one.

    What is granted and denied goes by ids alone: it may not be that of a person, or of a file.
    """
    currency = queries.currency_of(creator_id)
    if currency is None or post_id.version != UUID_VERSION:
        raise NotFound
    row = insert(Post).values(id=post_id, creator_id=creator_id, currency=currency).on_conflict_do_nothing()
    if db.session.execute(row).rowcount:  # type: ignore[attr-defined]
        if queries.names_something_else(post_id):
            raise NotFound
        audit.record(Action.POST_DRAFTED, actor=creator_id, subject=("post", post_id))
    return mine(creator_id, post_id)


def keep(creator_id: UUID, post_id: UUID, fields: Fields, hand: Hand) -> Post:
    """Readers see nothing of it."""
    post = mine_or_new(creator_id, post_id)
    if _is_late(post, hand):
        return post
    agree(post, hand)
    post.working = {**fields, PAGE: hand.page, STROKE: hand.stroke}
    if post.state == "draft" and post.published_at is None:
        # Lists and search know a draft by these.
        post.title, post.body = str(fields["title"])[:TITLE_MAX], str(fields["body"])[:BODY_MAX]
    hold_media(post)
    saved(post)
    return post


def put_aside(creator_id: UUID, post_id: UUID, fields: Fields) -> Post:
    """Of two texts the other one goes on; this one is found in the history."""
    post = mine(creator_id, post_id)
    remember(post, str(fields["title"]), str(fields["body"]))
    return post


def discard(creator_id: UUID, post_id: UUID) -> None:
    """Back to what readers see. What was typed is found in the history."""
    post = mine(creator_id, post_id)
    if post.working is None or post.published_at is None:
        return
    remember(post, str(post.working["title"]), str(post.working["body"]))
    post.working = None
    hold_media(post)
    saved(post)
    audit.record(Action.POST_DRAFTED, actor=creator_id, subject=("post", post_id), discarded=True)


def restore(creator_id: UUID, post_id: UUID, version: int, fields: Fields) -> Post:
    """An earlier text into the editor; `fields` are those that stand there now."""
    post = mine(creator_id, post_id)
    earlier = queries.version_of(post_id, version)
    if earlier is None:
        raise NotFound
    if post.working is not None:
        remember(post, str(post.working["title"]), str(post.working["body"]))
    post.working = {**fields, "title": earlier.title, "body": earlier.body, PAGE: "", STROKE: 0}
    saved(post)
    audit.record(Action.POST_DRAFTED, actor=creator_id, subject=("post", post_id), restored=version)
    return post


def duplicate(creator_id: UUID, post_id: UUID, fields: Fields) -> Post:
    """A draft with the same words and terms. Its media stay where they are: a file is in one post."""
    mine(creator_id, post_id)
    copy = {**fields, "media": [], "publish_at": "", "poll_closes_at": ""}
    copy["title"] = f"Copy of {fields['title']}"[:TITLE_MAX] if fields["title"] else ""
    return keep(creator_id, new_id(), copy, Hand("", 0))


def agree(post: Post, hand: Hand) -> None:
    """This editor has seen the last save, or made it. What it was shown and replaces is remembered."""
    made_it = post.working is not None and post.working.get(PAGE) == hand.page != ""
    if hand.saves == post.saves or made_it:
        return
    if hand.saves is not None and hand.over != post.saves:
        raise SavedElsewhere
    if post.working is not None:
        remember(post, str(post.working["title"]), str(post.working["body"]))
    elif post.state == "scheduled" and post.published_at is None:
        # Publishing remembers what readers saw; this nobody saw, and nothing else keeps it.
        remember(post, post.title, post.body)


def remember(post: Post, title: str, body: str, media: list[dict[str, Any]] | None = None) -> None:
    """Under the version that ends with it."""
    if not title and not body and not media:
        return
    db.session.add(
        PostVersion(
            post_id=post.id,
            version=post.version,
            title=title,
            body=body,
            media=media or [],
            saved_at=clock.now(),
        )
    )
    post.version += 1


def saved(post: Post) -> None:
    post.saves += 1
    post.saved_at = clock.now()


def hold_media(post: Post) -> None:
    """What the editor shows is in use, and so is what readers see; nothing else of this post is."""
    typed = media_ids(post.working) if post.working else []
    shown = [UUID(one["id"]) for one in post.media]
    wanted = list(dict.fromkeys([*shown, *typed]))
    before = queries.media_of(post.id)
    if wanted == before:
        return
    new = [one for one in wanted if one not in before]
    usable = usable_media(post, new)
    holding.attach([one for one in new if one in usable], post.creator_id, public=False, unready=True)
    keep_order(post.id, [one for one in wanted if one in before or one in usable])
    holding.release([one for one in before if one not in wanted])


def usable_media(post: Post, media: Collection[UUID]) -> set[UUID]:
    """Asked under their locks, so that two posts do not take one file at once."""
    if not media:
        return set()
    lock_many(media)
    return queries.usable_media(post.creator_id, media, not_in_others_than=post.id)


def keep_order(post_id: UUID, media: list[UUID]) -> None:
    db.session.execute(db.delete(PostMedia).where(PostMedia.post_id == post_id))
    db.session.add_all(
        PostMedia(post_id=post_id, media_id=one, position=position) for position, one in enumerate(media)
    )


def media_ids(fields: Fields) -> list[UUID]:
    """Twice as many as a post takes: the form says so, and nothing that was uploaded goes meanwhile."""
    found = [parse_id(str(one)) for one in fields.get("media", [])[: 2 * PICTURES_MAX]]
    return list(dict.fromkeys(one for one in found if one))


def _is_late(post: Post, hand: Hand) -> bool:
    """Overtaken by a later one of the same editor."""
    known = post.working or {}
    return known.get(PAGE) == hand.page != "" and hand.stroke < known.get(STROKE, 0)
