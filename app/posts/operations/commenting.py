"""Comments: written, edited, deleted by who wrote them; held, hidden, shown, deleted by whose post it is."""

from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select, update

from app.accounts.models import User
from app.accounts.queries import ARRIVED
from app.creators.models import Block, Creator
from app.creators.operations import following
from app.extensions import db
from app.kit import clock
from app.kit.text import has_any
from app.platform import audit, realtime
from app.platform.audit import Action
from app.platform.errors import NotFound
from app.platform.transaction import after_commit
from app.posts import commenting, locks, telling
from app.posts.errors import Silent
from app.posts.models import Comment, Post
from app.posts.queries_page import CommentShown, OpenPost, find_comment, hold_to_age, open_post

TOPIC = "post"
SHOWN, HELD, HIDDEN, DELETED = "shown", "held", "hidden", "deleted"


def write(user_id: UUID, post_id: UUID, body: str) -> Comment:
    post = open_post(post_id, user_id)
    if post.silent:
        raise Silent(post.silent)
    comment = Comment(post_id=post_id, user_id=user_id, body=body, created_at=clock.now())
    comment.state = _fitting(post, user_id, body)
    comment.mentions = _named(post, user_id, body)
    db.session.add(comment)
    db.session.flush()
    host = post.card.creator.id
    if comment.state == SHOWN:
        _count(comment, 1)
        _tell(post_id)
        telling.named(comment, post.card)
    telling.commented(comment, host, post.card.title)
    audit.record(Action.COMMENTED, actor=user_id, subject=("comment", comment.id), state=comment.state)
    return comment


def edit(user_id: UUID, comment_id: UUID, body: str) -> CommentShown:
    """Only one's own. What was hidden stays hidden; what has a blocked word now is held."""
    found, post = _mine(user_id, comment_id)
    hold_to_age(post, user_id)
    comment = _living(comment_id)
    if post.silent:
        raise Silent(post.silent)
    if comment.body != body:
        comment.body, comment.edited_at, comment.mentions = body, clock.now(), _named(post, user_id, body)
        if comment.state == SHOWN:
            _turn(comment, _fitting(post, user_id, body))
        audit.record(Action.COMMENT_EDITED, actor=user_id, subject=("comment", comment_id))
        db.session.flush()
    return find_comment(found.id, user_id)[0]


def delete(user_id: UUID, comment_id: UUID) -> UUID:
    """By who wrote it, or by whose post it is about. The post's id."""
    found, _ = find_comment(comment_id, user_id)
    if not (found.mine or found.hosted):
        raise NotFound
    comment = _living(comment_id)
    if _turn(comment, DELETED):
        comment.body, comment.mentions = "", []
        audit.record(Action.COMMENT_REMOVED, actor=user_id, subject=("comment", comment_id))
    return found.post_id


def moderate(creator_id: UUID, comment_id: UUID, *, show: bool) -> CommentShown:
    """The creator approves what was held, hides what they do not want, and may change their mind."""
    found, post = find_comment(comment_id, creator_id)
    if not found.hosted:
        raise NotFound
    comment = _living(comment_id)
    waited = comment.state == HELD
    if _turn(comment, SHOWN if show else HIDDEN):
        if show and waited:
            telling.named(comment, post.card)
        audit.record(
            Action.COMMENT_MODERATED, actor=creator_id, subject=("comment", comment_id), state=comment.state
        )
        db.session.flush()
    return find_comment(comment_id, creator_id)[0]


def block_author(creator_id: UUID, comment_id: UUID) -> UUID:
    """Hides the comment, and keeps who wrote it away from the creator's page. The post's id."""
    found = moderate(creator_id, comment_id, show=False)
    following.block(creator_id, found.author.id)
    return found.post_id


def take_down(comment_id: UUID) -> None:
    """By the house, after a report. The words stay, in case that it was a mistake."""
    comment = _lock(comment_id)
    if comment.state != DELETED:
        comment.state_before = comment.state
        _turn(comment, DELETED)


def put_back(comment_id: UUID) -> bool:
    """As it was: what its creator had hidden before stays hidden. Not what its author had deleted."""
    comment = _lock(comment_id)
    if comment.state != DELETED or not comment.body:
        return False
    _turn(comment, comment.state_before or SHOWN)
    comment.state_before = None
    return locks.seen_by_others(comment.post_id)


def author_left(user_id: UUID) -> None:
    """Suspended: nobody reads what they said, so that it does not count."""
    _count_all(user_id, -1)


def author_returned(user_id: UUID) -> None:
    _count_all(user_id, 1)


def _mine(user_id: UUID, comment_id: UUID) -> tuple[CommentShown, OpenPost]:
    found, post = find_comment(comment_id, user_id)
    if not found.mine:
        raise NotFound
    return found, post


def _living(comment_id: UUID) -> Comment:
    comment = _lock(comment_id)
    if comment.state == DELETED:
        raise NotFound
    return comment


def _lock(comment_id: UUID) -> Comment:
    """The post first, as everywhere where its comments are counted, so that nobody waits in a circle."""
    post_id = db.session.scalar(select(Comment.post_id).where(Comment.id == comment_id))
    db.session.execute(select(Post.id).where(Post.id == post_id).with_for_update(key_share=True))
    comment = db.session.get(Comment, comment_id, with_for_update=True, populate_existing=True)
    if comment is None:
        raise NotFound
    return comment


def _turn(comment: Comment, state: str) -> bool:
    """Whether it was otherwise before. The post counts what is shown."""
    if comment.state == state:
        return False
    _count(comment, (state == SHOWN) - (comment.state == SHOWN))
    comment.state = state
    return True


def _count(comment: Comment, change: int) -> None:
    """Nothing of somebody who is suspended: what they said is counted again when they return."""
    here = exists().where(User.id == comment.user_id, User.state == "active")
    db.session.execute(
        update(Post)
        .where(Post.id == comment.post_id, here)
        .values(comments=Post.comments + change)
        .execution_options(synchronize_session=False)
    )


def _count_all(user_id: UUID, change: int) -> None:
    """The posts first and in order, so that whoever turns one of the comments meanwhile is waited for."""
    theirs = (Comment.user_id == user_id, Comment.state == SHOWN)
    posts = select(Post.id).where(Post.id.in_(select(Comment.post_id).where(*theirs)))
    db.session.execute(posts.order_by(Post.id).with_for_update(key_share=True))
    said = select(Comment.post_id, func.count().label("times")).where(*theirs).group_by(Comment.post_id)
    each = said.subquery()
    db.session.execute(
        update(Post)
        .where(Post.id == each.c.post_id)
        .values(comments=Post.comments + change * each.c.times)
        .execution_options(synchronize_session=False)
    )


def _fitting(post: OpenPost, user_id: UUID, body: str) -> str:
    if user_id == post.card.creator.id:
        return SHOWN
    words = db.session.scalar(select(Creator.blocked_words).where(Creator.id == post.card.creator.id))
    return HELD if has_any(body, words or ()) else SHOWN


def _named(post: OpenPost, user_id: UUID, body: str) -> list[str]:
    """Those it names who are there. Whoever blocked the writer is not, nor whom the host blocked."""
    handles = commenting.mentioned(body)
    if not handles:
        return []
    apart = exists().where(
        or_(
            and_(Block.creator_id == User.id, Block.user_id == user_id),
            and_(Block.creator_id == post.card.creator.id, Block.user_id == User.id),
        )
    )
    there = (func.lower(User.handle).in_(handles), User.state == "active", ARRIVED, ~apart)
    return sorted(db.session.scalars(select(func.lower(User.handle)).where(*there)))


def _tell(post_id: UUID) -> None:
    """Open pages read it themselves, with the eyes of who looks."""
    after_commit(lambda: realtime.push_topic(f"{TOPIC}:{post_id}", "comment"))
