"""Who talks with whom, and what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import ColumnElement, DateTime, Select, Uuid, and_, bindparam, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.chat import words
from app.chat.models import Conversation, Member, Message, Parcel, Reaction
from app.chat.queries_talk import Talk
from app.creators.faces import Face, face_columns, read_face
from app.creators.models import Creator
from app.entitlements.queries import held_column, read_held
from app.entitlements.rules import Audience, Lock, Outcome, judge
from app.extensions import db
from app.kit import clock
from app.kit.money import readable
from app.kit.text import has_any
from app.media.addresses import Holder
from app.media.shown import Described, all_there
from app.platform.errors import NotFound
from app.tips.models import Tip

AT_ONCE = 30
# More than this is read anew instead of being caught up with.
CHANGES_MOST = 100
COUNTED_MOST = 100
# What delivery of media knows parcels by.
PARCEL = "parcel"
NAMES = (
    ("image", "a picture", "pictures"),
    ("video", "a video", "videos"),
    ("audio", "a recording", "recordings"),
)


@dataclass(frozen=True, slots=True)
class Quote:
    """What a message answers, in a line."""

    seq: int
    mine: bool
    line: str


@dataclass(frozen=True, slots=True)
class Package:
    """What a message carries, as one of the two sees it."""

    id: UUID
    open: bool
    # Of a closed one only what may be shown of it is used: colours, and how many of which kind.
    media: Sequence[Described]
    words: str
    price: int | None
    currency: str
    # Whoever got it opened it.
    sold: bool
    # Nothing opens it: whoever sent it blocked this reader, was taken down, or is not here any more.
    shut: bool = False

    @property
    def holder(self) -> Holder:
        return PARCEL, self.id

    @property
    def pictures(self) -> list[Described]:
        return [one for one in self.media if one["kind"] == "image" and one["names"]]

    @property
    def offered(self) -> bool:
        """Nobody pays for a file that does not come."""
        return not self.shut and all_there(self.media)

    @property
    def html(self) -> Markup:
        return words.linked(self.words)

    @property
    def name(self) -> str:
        """In a word or two, where there is room for no more."""
        return _told(self.media) or "Words behind a price"


@dataclass(frozen=True, slots=True)
class Given:
    """The tip that a message came with."""

    amount: int
    currency: str
    returned: bool

    @property
    def name(self) -> str:
        return f"A tip of {readable(self.amount, self.currency)}"


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
    # It has words that whoever reads it does not want to see at once.
    held: bool = False
    parcel: Package | None = None
    tip: Given | None = None

    @property
    def line(self) -> str:
        """It, in a line."""
        carried = self.parcel or self.tip
        return words.line(self.body) or (carried.name if carried else "")

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

    @property
    def day(self) -> str:
        """Short, and never taken for the same day of this year."""
        return f"{self.at:%-d %b}" if self.at.year == clock.now().year else f"{self.at:%-d %b %Y}"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of what was said, the oldest first, and whether there is more on either side."""

    said: Sequence[Said]
    earlier: bool
    later: bool


def talks(
    me: UUID,
    *,
    called: str = "",
    away: bool = False,
    before: tuple[datetime, UUID] | None = None,
    most: int = AT_ONCE,
) -> tuple[list[Line], tuple[datetime, UUID] | None]:
    """One page of one's conversations, the latest first, and where the next begins. One statement."""
    mine, last, page = aliased(Member), aliased(Message), aliased(Creator)
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
            Parcel.media,
            Tip.amount,
            Tip.currency,
            select(page.blocked_words).where(page.id == me).scalar_subquery().label("unwanted"),
            _told_since(mine, me).label("told"),
        )
        .select_from(mine)
        .join(Conversation, Conversation.id == mine.conversation_id)
        .join(User, User.id == mine.other_id)
        .outerjoin(Creator, Creator.id == User.id)
        .join(last, and_(last.conversation_id == Conversation.id, last.seq == Conversation.last_seq))
        .outerjoin(Parcel, Parcel.id == last.parcel_id)
        .outerjoin(Tip, Tip.id == last.tip_id)
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


def _told_since(mine: type[Member], me: UUID) -> ColumnElement[int]:
    """Of one's own, after what one read: what was said to many reads nothing (operations/spreading.py)."""
    told = aliased(Message)
    after = and_(told.conversation_id == mine.conversation_id, told.seq > mine.read_seq, told.user_id == me)
    some = select(told.seq).where(mine.waits, after).limit(COUNTED_MOST).correlate(mine).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def unread(me: UUID) -> int:
    """In how many conversations something waits to be read; those that are muted wait quietly."""
    waiting = and_(Member.waits, ~Member.muted, ~Member.away)
    found = select(Member.user_id).where(Member.user_id == me, waiting).limit(COUNTED_MOST).subquery()
    return db.session.scalar(select(func.count()).select_from(found)) or 0


def stretch(
    talk: Talk, *, before: int | None = None, after: int | None = None, around: int | None = None
) -> Stretch:
    """The last of what was said; or what comes before or after a number, or lies around it."""
    if talk.id is None:
        return Stretch((), earlier=False, later=False)
    said = _said()
    if around is not None:
        first = max(1, around - AT_ONCE // 2)
        after = first - 1
    if after is not None:
        rows = _rows(talk, said.where(Message.seq > after).order_by(Message.seq).limit(AT_ONCE + 1))
        shown = [_read_said(row, talk) for row in rows[:AT_ONCE]]
        return Stretch(shown, earlier=after > 0, later=len(rows) > AT_ONCE)
    if before is not None:
        said = said.where(Message.seq < before)
    rows = _rows(talk, said.order_by(Message.seq.desc()).limit(AT_ONCE + 1))
    shown = [_read_said(row, talk) for row in reversed(rows[:AT_ONCE])]
    return Stretch(shown, earlier=len(rows) > AT_ONCE, later=before is not None)


def changes(talk: Talk, since: int) -> list[Said] | None:
    """What came or became otherwise after this change, in the order of the messages; None: too much."""
    assert talk.id is not None
    wanted = _said().where(Message.change > since)
    rows = _rows(talk, wanted.order_by(Message.change).limit(CHANGES_MOST + 1))
    if len(rows) > CHANGES_MOST:
        return None
    return sorted((_read_said(row, talk) for row in rows), key=lambda said: said.seq)


def find_said(talk: Talk, seq: int) -> Said:
    assert talk.id is not None
    rows = _rows(talk, _said().where(Message.seq == seq))
    if not rows:
        raise NotFound
    return _read_said(rows[0], talk)


def _rows(talk: Talk, said: Select[*tuple[Any, ...]]) -> Sequence[Any]:
    given = {"talk": talk.id, "me": talk.me, "other": talk.other.id, "now": clock.now()}
    return db.session.execute(said, given).all()


@cache
def _said() -> Select[*tuple[Any, ...]]:
    """Put together once: that takes longer than to ask it."""
    talk_id, now = bindparam("talk", type_=Uuid()), bindparam("now", type_=DateTime(timezone=True))
    me, other = bindparam("me", type_=Uuid()), bindparam("other", type_=Uuid())
    scopes = Parcel.id.expression, Parcel.sender_id.expression
    asked, asked_parcel = aliased(Message), aliased(Parcel)
    sign = func.jsonb_build_array(Reaction.sign, Reaction.user_id)
    reactions = (
        select(func.jsonb_agg(aggregate_order_by(sign, Reaction.created_at)))
        .where(Reaction.conversation_id == talk_id, Reaction.seq == Message.seq)
        .correlate(Message)
        .scalar_subquery()
    )
    return (
        select(
            Message,
            asked.seq.label("asked_seq"),
            asked.user_id.label("asked_by"),
            asked.sealed_body.label("asked_body"),
            asked_parcel.media.label("asked_media"),
            asked.tip_id.label("asked_tip"),
            reactions.label("reactions"),
            Parcel,
            Tip,
            held_column(me, *scopes, at=now).label("i_hold"),
            held_column(other, *scopes, at=now).label("they_hold"),
        )
        .outerjoin(asked, and_(asked.conversation_id == talk_id, asked.seq == Message.answers))
        .outerjoin(asked_parcel, and_(asked_parcel.id == asked.parcel_id, asked.unsent_at.is_(None)))
        .outerjoin(Parcel, and_(Parcel.id == Message.parcel_id, Message.unsent_at.is_(None)))
        .outerjoin(Tip, Tip.id == Message.tip_id)
        .where(Message.conversation_id == talk_id)
    )


def _read_said(row: Any, talk: Talk) -> Said:
    message: Message = row[0]
    quote = None
    if row.asked_seq is not None:
        line = words.line(words.unseal(row.asked_body)) or _carried(row.asked_media, row.asked_tip)
        quote = Quote(row.asked_seq, row.asked_by == talk.me, line)
    reactions = [(sign, UUID(by)) for sign, by in row.reactions or ()]
    tip: Tip | None = row.Tip
    return said(
        talk,
        message,
        quote,
        reactions,
        parcel=_package(row.Parcel, talk, row) if row.Parcel else None,
        tip=Given(tip.amount, tip.currency, tip.returned_at is not None) if tip else None,
    )


def _package(parcel: Parcel, talk: Talk, row: Any) -> Package:
    """Open to whoever sent it, and to the other one who paid, or need not."""
    mine = parcel.sender_id == talk.me
    reader = talk.other.id if mine else talk.me
    found = judge(lock_of(parcel), reader, read_held(row.they_hold if mine else row.i_hold))
    return Package(
        parcel.id,
        mine or found.open,
        parcel.media,
        words.unseal(parcel.sealed_words) if mine or found.open else "",
        parcel.price,
        parcel.currency or "",
        sold=parcel.price is not None and found.open,
        shut=not mine and (found.outcome is Outcome.HIDDEN or not (found.open or talk.other.here)),
    )


def as_sent(parcel: Parcel) -> Package:
    """As it arrives with whoever has not opened it."""
    free = parcel.price is None
    words_in_it = words.unseal(parcel.sealed_words) if free else ""
    return Package(
        parcel.id, free, parcel.media, words_in_it, parcel.price, parcel.currency or "", sold=False
    )


def lock_of(parcel: Parcel) -> Lock:
    audience = Audience.PUBLIC if parcel.price is None else Audience.PAID
    return Lock(parcel.id, parcel.sender_id, audience, 0, parcel.price, parcel.currency or "USD")


def said(
    talk: Talk,
    message: Message,
    quote: Quote | None = None,
    reactions: Sequence[tuple[str, UUID]] = (),
    *,
    parcel: Package | None = None,
    tip: Given | None = None,
) -> Said:
    """For whoever reads it: the two see their own side."""
    signs = dict.fromkeys(sign for sign, _ in reactions)
    me, body = talk.me, words.unseal(message.sealed_body)
    return Said(
        message.conversation_id,
        message.id,
        message.seq,
        message.change,
        message.key if message.user_id == me else "",
        message.user_id,
        message.user_id == me,
        body,
        quote,
        [(sign, *_counted(sign, reactions, me)) for sign in signs],
        message.created_at,
        edited=message.edited_at is not None,
        unsent=message.unsent_at is not None,
        held=message.user_id != me and has_any(body, talk.unwanted),
        parcel=parcel,
        tip=tip,
    )


def _counted(sign: str, reactions: Sequence[tuple[str, UUID]], me: UUID) -> tuple[int, bool]:
    by = [user_id for given, user_id in reactions if given == sign]
    return len(by), me in by


def _line(row: Any, me: UUID) -> Line:
    last = "Taken back" if row.unsent_at else words.line(words.unseal(row.sealed_body))
    last = last or _carried(row.media, row.amount)
    if row.author_id != me and has_any(last, row.unwanted or ()):
        last = "Words that you do not want to see"
    waiting = row.last_seq - row.read_seq - row.told
    return Line(
        row.conversation_id, read_face(row), row.last_at, waiting, row.muted, last, row.author_id == me
    )


def _carried(media: Sequence[Described] | None, tip: object) -> str:
    """Of a message without words, or of one that was taken back."""
    if tip:
        return "A tip"
    return "" if media is None else _told(media) or "Words behind a price"


def _told(media: Sequence[Described]) -> str:
    """ "2 pictures and a video"."""
    kinds = [one["kind"] for one in media]
    parts = [
        single if kinds.count(kind) == 1 else f"{kinds.count(kind)} {several}"
        for kind, single, several in NAMES
        if kind in kinds
    ]
    line = " and ".join(parts)
    return line[:1].upper() + line[1:]
