"""A vote in a poll: once a person, changed as often as they like until it closes."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, func, select, update

from app.extensions import db
from app.kit import clock
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import NotFound
from app.posts.errors import BadVote
from app.posts.models import Poll, PollOption, PollVote, Post
from app.posts.queries_page import OpenPost, find_post, open_post


def vote(user_id: UUID, post_id: UUID, option_ids: Collection[UUID]) -> OpenPost:
    """These options instead of what was voted for before."""
    open_post(post_id, user_id)
    _check(_lock(post_id), post_id, option_ids)
    old = set(
        db.session.scalars(
            delete(PollVote)
            .where(PollVote.user_id == user_id, PollVote.post_id == post_id)
            .returning(PollVote.option_id)
        )
    )
    db.session.add_all(
        PollVote(user_id=user_id, option_id=option_id, post_id=post_id) for option_id in option_ids
    )
    db.session.flush()
    _count(post_id, old | set(option_ids))
    audit.record(Action.VOTED, actor=user_id, subject=("post", post_id))
    return find_post(post_id, user_id)


def _lock(post_id: UUID) -> Poll:
    """Held until the transaction ends, so that votes are counted one after another.

    The post first, as its author's editor does: the row of a vote names it.
    """
    db.session.execute(select(Post.id).where(Post.id == post_id).with_for_update(read=True, key_share=True))
    poll = db.session.get(Poll, post_id, with_for_update=True, populate_existing=True)
    if poll is None:
        raise NotFound
    return poll


def _check(poll: Poll, post_id: UUID, option_ids: Collection[UUID]) -> None:
    if poll.closes_at is not None and poll.closes_at <= clock.now():
        raise BadVote("This poll has closed.")
    if not option_ids:
        raise BadVote("Choose an option.")
    if len(option_ids) > 1 and not poll.several:
        raise BadVote("Choose one option.")
    known = set(db.session.scalars(select(PollOption.id).where(PollOption.post_id == post_id)))
    if set(option_ids) - known:
        raise BadVote("That option is no longer there. Reload the page.")


def _count(post_id: UUID, changed: set[UUID]) -> None:
    votes = select(func.count()).where(PollVote.option_id == PollOption.id).scalar_subquery()
    db.session.execute(
        update(PollOption)
        .where(PollOption.post_id == post_id, PollOption.id.in_(changed))
        .values(votes=votes)
        .execution_options(synchronize_session=False)
    )
