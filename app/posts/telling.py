"""What people are told about posts: that there is one, and what others do with theirs."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import exists, func, select

from app.accounts.models import User
from app.extensions import db
from app.kit.text import shortened
from app.notifications import kinds, known
from app.notifications.kinds import Channel, Default, Event, Family, Kind
from app.notifications.operations.telling import tell, tell_all
from app.platform.viewer import Role
from app.posts import locks
from app.posts.card import Card
from app.posts.models import Comment, Post

ON, OFF = Default.ON, Default.OFF
TITLE_MAX = 100
PUBLISHED = Event("published", "{actors} published {post}", icon="post", social=True)
LIKED = Event("liked", "{actors} liked {post}", icon="heart", bundled=True, once=True, social=True)
COMMENTED = Event("commented", "{actors} commented on {post}", icon="message", bundled=True, social=True)
REPLIED = Event("replied", "{actors} answered you under {post}", icon="message", social=True)
MENTIONED = Event("mentioned", "{actors} named you under {post}", icon="message", social=True)
HELD_BACK = Event("held_back", "{post} cannot go out: one of its files could not be used", icon="alert")


def init_app(app: Flask) -> None:
    known.register("post", locks.known_to)
    known.register("comment", _known_comments)
    for kind in (
        _kind(
            "posts", "New posts", "Of creators whom you follow or subscribe to.", OFF, PUBLISHED, Family.POSTS
        ),
        _kind("comments", "Comments on your posts", "Several under one post are one line.", ON, COMMENTED),
        _kind("replies", "Answers to you", "Where you commented, and somebody names you.", ON, REPLIED),
        _kind("mentions", "Mentions", "When somebody names you in a comment.", ON, MENTIONED),
        _kind(
            "held_back",
            "Posts that cannot go out",
            "When a file that a scheduled post waits for could not be used.",
            ON,
            HELD_BACK,
            Family.POSTS,
        ),
        _kind("likes", "Likes of your posts", "Several of one post are one line.", OFF, LIKED),
    ):
        kinds.register(app, kind)


def liked(creator_id: UUID, user_id: UUID, post_id: UUID, title: str) -> None:
    tell(LIKED.name, to=creator_id, actor=user_id, **_about(post_id, title))


def commented(comment: Comment, creator_id: UUID, title: str) -> None:
    """Also of what waits for the creator's word."""
    tell(COMMENTED.name, to=creator_id, actor=comment.user_id, **_about(comment.post_id, title))


def named(comment: Comment, card: Card) -> None:
    """Who said something there before is answered, others are mentioned; the creator hears of it anyway.

    What is for adults tells nothing of itself.
    """
    if not comment.mentions:
        return
    before = exists().where(
        Comment.post_id == comment.post_id, Comment.user_id == User.id, Comment.state == "shown"
    )
    named_people = db.session.execute(
        select(User.id, before.label("before")).where(
            func.lower(User.handle).in_(comment.mentions), User.id != card.creator.id
        )
    ).all()
    # Under a post that only its buyers still read, others hear nothing of it.
    people = [row for row in named_people if locks.known_to(row.id, [comment.post_id])]
    about = _about(card.id, "", otherwise="a post") if card.adult else _about(card.id, card.title)
    about |= {"subject": f"comment:{comment.id}", "href": f"/posts/{comment.post_id}#comment-{comment.id}"}
    for event, said_before in ((REPLIED, True), (MENTIONED, False)):
        ids = [row.id for row in people if row.before is said_before]
        tell_all(event.name, ids, actor=comment.user_id, **about)


def published(post: Post, people: Iterable[UUID], *, adult: bool) -> None:
    """What is for adults, or on a page that is, tells nothing of itself."""
    about = _about(post.id, "" if adult else post.title, otherwise="a new post")
    tell_all(PUBLISHED.name, people, actor=post.creator_id, **about)


def held_back(post: Post) -> None:
    about = _about(post.id, post.title) | {"href": f"/posts/{post.id}/edit"}
    tell(HELD_BACK.name, to=post.creator_id, **about)


def _known_comments(person_id: UUID, comment_ids: Collection[UUID]) -> set[UUID]:
    """Those that are shown, of people who are here, under what this person may know of."""
    rows = db.session.execute(
        select(Comment.id, Comment.post_id)
        .join(User, User.id == Comment.user_id)
        .where(Comment.id.in_(comment_ids), Comment.state == "shown", User.state == "active")
    ).all()
    posts = locks.known_to(person_id, {row.post_id for row in rows})
    return {row.id for row in rows if row.post_id in posts}


def _about(post_id: UUID, title: str, otherwise: str = "a post without a title") -> dict[str, Any]:
    post = f"“{shortened(title, TITLE_MAX)}”" if title else otherwise
    return {"subject": f"post:{post_id}", "href": f"/posts/{post_id}", "words": {"post": post}}


def _kind(
    name: str, label: str, about: str, mail: Default, event: Event, family: Family = Family.PEOPLE
) -> Kind:
    push = OFF if event is LIKED else ON
    offered = {Channel.PAGE: ON, Channel.MAIL: mail, Channel.PUSH: push}
    role = Role.CREATOR if event in {COMMENTED, LIKED, HELD_BACK} else None
    return Kind(name, label, about, offered, events=(event,), family=family, role=role)
