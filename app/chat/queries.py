"""Who talks with whom, and what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, Uuid, and_, exists, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from app.accounts.models import HiddenPerson, User
from app.accounts.queries import ARRIVED
from app.chat import words
from app.chat.models import ChatSettings, Conversation, Member, Message, Reaction
from app.chat.rules import Between, Silence, why_silent
from app.creators.faces import Face, face_columns, read_face
from app.creators.hiding import hidden_from
from app.creators.models import Creator, Follow
from app.entitlements.queries import scopes_held
from app.entitlements.rules import Kind
from app.extensions import db
from app.kit import clock
from app.platform.errors import NotFound

AT_ONCE = 30
# More than this is read anew instead of being caught up with.
CHANGES_MOST = 100
SUBSCRIBED = (Kind.SUBSCRIPTION, Kind.GIFT, Kind.STAFF)


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation as one of the two meets it. Without an id nobody has said anything yet."""

    id: UUID | None
    me: UUID
    other: Face
    silence: Silence | None
    last_seq: int = 0
    last_change: int = 0
    read_seq: int = 0
    # How far the other one got; nothing, where one of them does not show it.
    other_read: int = 0
    other_delivered: int = 0
    draft: str = ""
    muted: bool = False
    away: bool = False
    # Whether the other one, and whoever looks, has a page of their own.
    tips: bool = False
    i_host: bool = False

    @property
    def href(self) -> str:
        return f"/messages/{self.id}" if self.id else f"/messages/to/{self.other.handle}"


@dataclass(frozen=True, slots=True)
class Quote:
    """What a message answers, in a line."""

    seq: int
    mine: bool
    line: str


@dataclass(frozen=True, slots=True)
class Said:
    """A message as one of the two reads it."""

    talk_id: UUID
    id: UUID
    seq: int
    change: int
    key: str
    author_id: UUID
    mine: bool
    body: str
    answers: Quote | None
    # Sign, how many, whether one's own is among them.
    reactions: Sequence[tuple[str, int, bool]]
    at: datetime
    edited: bool
    unsent: bool

    @property
    def html(self) -> Markup:
        return words.linked(self.body)

    @property
    def href(self) -> str:
        return f"/messages/{self.talk_id}/{self.seq}"


@dataclass(frozen=True, slots=True)
class Line:
    """A conversation in the list."""

    id: UUID
    other: Face
    at: datetime
    unread: int
    muted: bool
    last: str
    mine: bool

    @property
    def href(self) -> str:
        return f"/messages/{self.id}#end"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of what was said, the oldest first, and whether there is more on either side."""

    said: Sequence[Said]
    earlier: bool
    later: bool


def find_talk(conversation_id: UUID, me: UUID, *, lock: bool = False) -> Talk:
    """One statement; NotFound for whoever is none of the two."""
    mine, theirs = aliased(Member), aliased(Member)
    wanted = _talks(me, mine, theirs).join(Conversation, Conversation.id == mine.conversation_id)
    wanted = wanted.where(Conversation.id == conversation_id)
    if lock:
        wanted = wanted.with_for_update(of=Conversation)
    row = db.session.execute(wanted).first()
    if row is None:
        raise NotFound
    return _talk(row, me)


def find_talk_with(handle: str, me: UUID) -> Talk:
    """Also where nobody has said anything yet. NotFound for people who may not be known."""
    them = select(User.id).where(func.lower(User.handle) == handle.lower(), User.state == "active", ARRIVED)
    other_id = db.session.scalar(them)
    if other_id is None or other_id == me:
        raise NotFound
    known = select(Member.conversation_id).where(Member.user_id == me, Member.other_id == other_id)
    conversation_id = db.session.scalar(known)
    return find_talk(conversation_id, me) if conversation_id else nothing_said(other_id, me)


def nothing_said(other_id: UUID, me: UUID) -> Talk:
    row = db.session.execute(
        select(*face_columns(), *_between(me, User.id.expression))
        .select_from(User)
        .outerjoin(Creator, Creator.id == User.id)
        .outerjoin(ChatSettings, ChatSettings.user_id == User.id)
        .where(User.id == other_id)
    ).first()
    if row is None or row.hidden:
        raise NotFound
    silence = _silence(row, asked=False)
    return Talk(
        None, me, read_face(row), silence, 0, 0, 0, 0, 0, "", False, False, bool(row.they_host), row.i_host
    )


def talks(
    me: UUID,
    *,
    called: str = "",
    away: bool = False,
    before: tuple[datetime, UUID] | None = None,
    most: int = AT_ONCE,
) -> tuple[list[Line], tuple[datetime, UUID] | None]:
    """One page of one's conversations, the latest first, and where the next begins. One statement."""
    mine, last = aliased(Member), aliased(Message)
    wanted = (
        select(
            *face_columns(),
            mine.conversation_id,
            mine.last_at,
            mine.read_seq,
            mine.muted,
            Conversation.last_seq,
            last.user_id.label("author_id"),
            last.sealed_body,
            last.unsent_at,
        )
        .select_from(mine)
        .join(Conversation, Conversation.id == mine.conversation_id)
        .join(User, User.id == mine.other_id)
        .outerjoin(Creator, Creator.id == User.id)
        .join(last, and_(last.conversation_id == Conversation.id, last.seq == Conversation.last_seq))
        .where(mine.user_id == me, mine.away.is_(away))
        .order_by(mine.last_at.desc(), mine.conversation_id.desc())
        .limit(AT_ONCE + 1)
    )
    if called:
        handle = called.removeprefix("@").lower()
        named = User.display_name.icontains(called, autoescape=True)
        wanted = wanted.where(or_(func.lower(User.handle).startswith(handle, autoescape=True), named))
    if before:
        wanted = wanted.where(tuple_(mine.last_at, mine.conversation_id) < before)
    rows = db.session.execute(wanted).all()
    lines = [_line(row, me) for row in rows[:AT_ONCE]]
    return lines, (lines[-1].at, lines[-1].id) if len(rows) > AT_ONCE else None


def unread(me: UUID) -> int:
    """In how many conversations something waits to be read; those that are muted wait quietly."""
    waiting = (
        select(func.count())
        .select_from(Member)
        .join(Conversation, Conversation.id == Member.conversation_id)
        .where(
            Member.user_id == me,
            Member.muted.is_(False),
            Member.away.is_(False),
            Member.read_seq < Conversation.last_seq,
        )
    )
    return db.session.scalar(waiting) or 0


def stretch(
    talk: Talk, *, before: int | None = None, after: int | None = None, around: int | None = None
) -> Stretch:
    """The last of what was said; or what comes before or after a number, or lies around it."""
    if talk.id is None:
        return Stretch((), earlier=False, later=False)
    said = _said(talk.id, talk.me)
    if around is not None:
        first = max(1, around - AT_ONCE // 2)
        after = first - 1
    if after is not None:
        rows = db.session.execute(
            said.where(Message.seq > after).order_by(Message.seq).limit(AT_ONCE + 1)
        ).all()
        shown = [_read_said(row, talk.id, talk.me) for row in rows[:AT_ONCE]]
        return Stretch(shown, earlier=after > 0, later=len(rows) > AT_ONCE)
    if before is not None:
        said = said.where(Message.seq < before)
    rows = db.session.execute(said.order_by(Message.seq.desc()).limit(AT_ONCE + 1)).all()
    shown = [_read_said(row, talk.id, talk.me) for row in reversed(rows[:AT_ONCE])]
    return Stretch(shown, earlier=len(rows) > AT_ONCE, later=before is not None)


def changes(talk: Talk, since: int) -> list[Said] | None:
    """What came or became otherwise after this change, in the order of the messages; None: too much."""
    assert talk.id is not None
    wanted = _said(talk.id, talk.me).where(Message.change > since)
    rows = db.session.execute(wanted.order_by(Message.change).limit(CHANGES_MOST + 1)).all()
    if len(rows) > CHANGES_MOST:
        return None
    return sorted((_read_said(row, talk.id, talk.me) for row in rows), key=lambda said: said.seq)


def find_said(talk: Talk, seq: int) -> Said:
    assert talk.id is not None
    row = db.session.execute(_said(talk.id, talk.me).where(Message.seq == seq)).first()
    if row is None:
        raise NotFound
    return _read_said(row, talk.id, talk.me)


def settings_of(user_id: UUID) -> ChatSettings:
    return db.session.get(ChatSettings, user_id) or ChatSettings(
        user_id=user_id, messages_from="everyone", shows_read=True, shows_typing=True
    )


def both_show_read(one: UUID, other: UUID) -> bool:
    """Whoever keeps to themselves how far they read is not told of others."""
    hidden = exists().where(ChatSettings.user_id.in_([one, other]), ChatSettings.shows_read.is_(False))
    return not db.session.scalar(select(hidden))


def _talks(me: UUID, mine: Any, theirs: Any) -> Select[Any]:
    my_settings = aliased(ChatSettings)
    shows = and_(
        func.coalesce(ChatSettings.shows_read, True), func.coalesce(my_settings.shows_read, True)
    ).label("shows_read")
    return (
        select(
            *face_columns(),
            *_between(me, User.id.expression),
            Conversation.id.label("conversation_id"),
            Conversation.last_seq,
            Conversation.last_change,
            mine.read_seq,
            mine.sealed_draft,
            mine.muted,
            mine.away,
            theirs.read_seq.label("other_read"),
            theirs.delivered_seq.label("other_delivered"),
            theirs.wrote_seq.label("other_wrote"),
            shows,
        )
        .select_from(mine)
        .join(
            theirs,
            and_(theirs.conversation_id == mine.conversation_id, theirs.user_id == mine.other_id),
        )
        .join(User, User.id == mine.other_id)
        .outerjoin(Creator, Creator.id == User.id)
        .outerjoin(ChatSettings, ChatSettings.user_id == User.id)
        .outerjoin(my_settings, my_settings.user_id == mine.user_id)
        .where(mine.user_id == me)
    )


def _between(me: UUID, other: ColumnElement[UUID]) -> tuple[ColumnElement[Any], ...]:
    my_id, now = literal(me, Uuid()), clock.now()
    mine = aliased(Creator)
    return (
        (Creator.state == "open").label("they_host"),
        exists().where(mine.id == me, mine.state == "open").label("i_host"),
        func.coalesce(ChatSettings.messages_from, "everyone").label("messages_from"),
        exists().where(Follow.user_id == me, Follow.creator_id == other).label("i_follow"),
        exists().where(Follow.user_id == other, Follow.creator_id == me).label("they_follow"),
        other.in_(scopes_held(me, SUBSCRIBED, now)).label("i_subscribe"),
        my_id.in_(scopes_held(other, SUBSCRIBED, now).correlate(User)).label("they_subscribe"),
        hidden_from(me, other).label("hidden"),
        or_(
            hidden_from(other, my_id),
            exists().where(HiddenPerson.user_id == other, HiddenPerson.hidden_id == me),
        ).label("shut"),
        exists().where(HiddenPerson.user_id == me, HiddenPerson.hidden_id == other).label("hidden_by_me"),
    )


def _silence(row: Any, *, asked: bool) -> Silence | None:
    return why_silent(
        Between(
            name=row.display_name,
            here=row.here,
            apart=row.hidden or row.shut,
            hidden_by_me=row.hidden_by_me,
            asked=asked,
            they_host=bool(row.they_host),
            i_host=row.i_host,
            messages_from=row.messages_from,
            i_follow=row.i_follow,
            i_subscribe=row.i_subscribe,
            they_follow=row.they_follow,
            they_subscribe=row.they_subscribe,
        )
    )


def _talk(row: Any, me: UUID) -> Talk:
    return Talk(
        row.conversation_id,
        me,
        read_face(row),
        _silence(row, asked=row.other_wrote > 0),
        row.last_seq,
        row.last_change,
        row.read_seq,
        row.other_read if row.shows_read else 0,
        row.other_delivered if row.shows_read else 0,
        words.unseal(row.sealed_draft),
        muted=row.muted,
        away=row.away,
        tips=bool(row.they_host) and row.here,
        i_host=row.i_host,
    )


def _said(conversation_id: UUID, me: UUID) -> Select[Any]:
    asked = aliased(Message)
    sign = func.jsonb_build_array(Reaction.sign, Reaction.user_id)
    reactions = (
        select(func.jsonb_agg(aggregate_order_by(sign, Reaction.created_at)))
        .where(Reaction.conversation_id == conversation_id, Reaction.seq == Message.seq)
        .correlate(Message)
        .scalar_subquery()
    )
    return (
        select(
            Message,
            asked.seq.label("asked_seq"),
            asked.user_id.label("asked_by"),
            asked.sealed_body.label("asked_body"),
            reactions.label("reactions"),
        )
        .outerjoin(asked, and_(asked.conversation_id == conversation_id, asked.seq == Message.answers))
        .where(Message.conversation_id == conversation_id)
    )


def _read_said(row: Any, conversation_id: UUID, me: UUID) -> Said:
    message: Message = row[0]
    quote = None
    if row.asked_seq is not None:
        quote = Quote(row.asked_seq, row.asked_by == me, words.line(words.unseal(row.asked_body)))
    return said(message, me, quote, [(sign, UUID(by)) for sign, by in row.reactions or ()])


def said(message: Message, me: UUID, quote: Quote | None, reactions: Sequence[tuple[str, UUID]]) -> Said:
    """For whoever reads it: the two see their own side."""
    signs = dict.fromkeys(sign for sign, _ in reactions)
    return Said(
        message.conversation_id,
        message.id,
        message.seq,
        message.change,
        message.key if message.user_id == me else "",
        message.user_id,
        message.user_id == me,
        words.unseal(message.sealed_body),
        quote,
        [(sign, *_counted(sign, reactions, me)) for sign in signs],
        message.created_at,
        edited=message.edited_at is not None,
        unsent=message.unsent_at is not None,
    )


def _counted(sign: str, reactions: Sequence[tuple[str, UUID]], me: UUID) -> tuple[int, bool]:
    by = [user_id for given, user_id in reactions if given == sign]
    return len(by), me in by


def _line(row: Any, me: UUID) -> Line:
    last = "Taken back" if row.unsent_at else words.line(words.unseal(row.sealed_body))
    waiting = row.last_seq - row.read_seq
    return Line(
        row.conversation_id, read_face(row), row.last_at, waiting, row.muted, last, row.author_id == me
    )
