"""A conversation as one of the two meets it: who the other one is, and whether they may write."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, DateTime, Select, Uuid, and_, any_, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import HiddenPerson, User
from app.accounts.queries import ARRIVED
from app.chat import words
from app.chat.models import ChatSettings, Conversation, Member
from app.chat.rules import Between, Silence, why_silent
from app.creators.faces import Face, face_columns
from app.creators.hiding import hidden_from
from app.creators.models import Creator, Follow, Tier
from app.entitlements.models import Grant
from app.entitlements.queries import scopes_held
from app.entitlements.rules import Kind
from app.extensions import db
from app.kit import clock
from app.kit.money import readable
from app.platform.errors import NotFound
from app.platform.prepared import Prepared, parameter

SUBSCRIBED = (Kind.SUBSCRIPTION, Kind.GIFT, Kind.STAFF)
# Who looks, at what (a conversation, or a person), and when.
ME, ABOUT, NOW = parameter(1, Uuid()), parameter(2, Uuid()), parameter(3, DateTime(timezone=True))
PEOPLE = parameter(2, ARRAY(Uuid()))


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
    # The other one wrote.
    asked: bool = False
    # What a creator among them does not want to read.
    unwanted: Sequence[str] = ()
    unwanted_by_other: Sequence[str] = ()
    # One of them blocked the other or was taken down: nothing passes between them.
    apart: bool = False
    # Whether the other one, and whoever looks, has a page of their own.
    tips: bool = False
    i_host: bool = False
    # In which one sells; what the other one takes for a first word.
    currency: str = "USD"
    their_currency: str = "USD"
    first_price: int | None = None

    @property
    def href(self) -> str:
        return f"/messages/{self.id}" if self.id else f"/messages/to/{self.other.handle}"


def find_talk(conversation_id: UUID, me: UUID, *, lock: bool = False) -> Talk:
    """One statement; NotFound for whoever is none of the two."""
    return _talk(_ask(_known(lock=lock), me, conversation_id), me)


def find_talk_with(handle: str, me: UUID) -> Talk:
    """Also where nobody has said anything yet. NotFound for people who may not be known."""
    them = select(User.id).where(func.lower(User.handle) == handle.lower(), User.state == "active", ARRIVED)
    other_id = db.session.scalar(them)
    if other_id is None or other_id == me:
        raise NotFound
    conversation_id = between(me, other_id)
    return find_talk(conversation_id, me) if conversation_id else nothing_said(other_id, me)


def between(me: UUID, other_id: UUID) -> UUID | None:
    """The conversation that these two have."""
    known = select(Member.conversation_id).where(Member.user_id == me, Member.other_id == other_id)
    return db.session.scalar(known)


def nothing_said(other_id: UUID, me: UUID) -> Talk:
    row = _ask(_new(), me, other_id)
    if row.hidden:
        raise NotFound
    return Talk(
        None,
        me,
        _face(row),
        _silence(row, asked=False, paid=False),
        i_host=row.i_host,
        currency=row.currency or "USD",
        their_currency=row.their_currency or "USD",
        first_price=row.first_price,
    )


def whom_one_may_write_to(me: UUID, people: Sequence[UUID]) -> list[UUID]:
    """Of many at once, by the same rule as of one. One statement."""
    rows = _many().all(me, f"{{{','.join(map(str, people))}}}", clock.now())
    return [UUID(str(row.person_id)) for row in rows if _silence(row, asked=row.asked, paid=row.paid) is None]


def both_show_read(one: UUID, other: UUID) -> bool:
    """Whoever keeps to themselves how far they read is not told of others."""
    hidden = exists().where(ChatSettings.user_id.in_([one, other]), ChatSettings.shows_read.is_(False))
    return not db.session.scalar(select(hidden))


def settings_of(user_id: UUID) -> ChatSettings:
    return db.session.get(ChatSettings, user_id) or ChatSettings(
        user_id=user_id,
        messages_from="everyone",
        from_rank=0,
        shows_read=True,
        shows_typing=True,
        shows_online=True,
    )


def shop_of(creator_id: UUID) -> tuple[str, dict[int, str]]:
    """The currency of somebody's page, and their tiers by rank; of whoever has none, nothing."""
    found = (
        select(Creator.currency, Tier.rank, Tier.name)
        .outerjoin(Tier, and_(Tier.creator_id == Creator.id, Tier.archived_at.is_(None)))
        .where(Creator.id == creator_id)
        .order_by(Tier.rank)
    )
    rows = db.session.execute(found).all()
    currency = rows[0].currency if rows else "USD"
    return currency, {row.rank: f"{row.name} and above" for row in rows if row.rank}


def _ask(statement: Prepared, me: UUID, about: UUID) -> Any:
    row = statement.first(me, about, clock.now())
    if row is None:
        raise NotFound
    return row


@lru_cache
def _known(*, lock: bool) -> Prepared:
    mine, theirs, my_settings = aliased(Member), aliased(Member), aliased(ChatSettings)
    shows_read = and_(
        func.coalesce(ChatSettings.shows_read, True), func.coalesce(my_settings.shows_read, True)
    )
    other = and_(theirs.conversation_id == mine.conversation_id, theirs.user_id == mine.other_id)
    found = (
        select(
            *face_columns(),
            *_between(),
            Conversation.id.label("conversation_id"),
            Conversation.last_seq,
            Conversation.last_change,
            mine.read_seq,
            mine.sealed_draft,
            mine.muted,
            mine.welcome,
            mine.away,
            theirs.read_seq.label("other_read"),
            theirs.delivered_seq.label("other_delivered"),
            theirs.wrote_seq.label("other_wrote"),
            shows_read.label("shows_read"),
        )
        .select_from(mine)
        .join(Conversation, Conversation.id == mine.conversation_id)
        .join(theirs, other)
        .join(User, User.id == mine.other_id)
        .outerjoin(Creator, Creator.id == User.id)
        .outerjoin(ChatSettings, ChatSettings.user_id == User.id)
        .outerjoin(my_settings, my_settings.user_id == mine.user_id)
        .where(mine.user_id == ME, Conversation.id == ABOUT)
    )
    return Prepared(found.with_for_update(of=Conversation) if lock else found, parameters=3)


@lru_cache
def _new() -> Prepared:
    return Prepared(
        select(*face_columns(), *_between())
        .select_from(User)
        .outerjoin(Creator, Creator.id == User.id)
        .outerjoin(ChatSettings, ChatSettings.user_id == User.id)
        .where(User.id == ABOUT),
        parameters=3,
    )


@lru_cache
def _many() -> Prepared:
    """The pair has its conversation by the lower of the two ids."""
    mine, theirs, other = aliased(Member), aliased(Member), User.id.expression
    low, high = func.least(ME, other), func.greatest(ME, other)
    return Prepared(
        select(
            *face_columns(),
            *_between(),
            (func.coalesce(theirs.wrote_seq, 0) > 0).label("asked"),
            func.coalesce(mine.welcome, False).label("paid"),
        )
        .select_from(User)
        .outerjoin(Creator, Creator.id == User.id)
        .outerjoin(ChatSettings, ChatSettings.user_id == User.id)
        .outerjoin(Conversation, and_(Conversation.low_id == low, Conversation.high_id == high))
        .outerjoin(theirs, and_(theirs.conversation_id == Conversation.id, theirs.user_id == other))
        .outerjoin(mine, and_(mine.conversation_id == Conversation.id, mine.user_id == ME))
        .where(other == any_(PEOPLE), other != ME),
        parameters=3,
    )


def _between() -> tuple[ColumnElement[Any], ...]:
    mine, other = aliased(Creator), User.id.expression
    hides = aliased(HiddenPerson)
    return (
        (Creator.state == "open").label("they_host"),
        exists().where(mine.id == ME, mine.state == "open").label("i_host"),
        select(mine.blocked_words).where(mine.id == ME).scalar_subquery().label("unwanted"),
        Creator.blocked_words.label("unwanted_by_other"),
        func.coalesce(ChatSettings.messages_from, "everyone").label("messages_from"),
        ChatSettings.first_price.expression,
        select(mine.currency).where(mine.id == ME).scalar_subquery().label("currency"),
        Creator.currency.label("their_currency"),
        _tier_asked(other).label("from_tier"),
        exists().where(Follow.user_id == ME, Follow.creator_id == other).label("i_follow"),
        exists().where(Follow.user_id == other, Follow.creator_id == ME).label("they_follow"),
        other.in_(_subscribed_enough()).label("i_subscribe"),
        ME.in_(scopes_held(other, SUBSCRIBED, NOW).correlate(User)).label("they_subscribe"),
        hidden_from(ME, other, NOW).label("hidden"),
        or_(
            hidden_from(other, ME, NOW),
            exists().where(hides.user_id == other, hides.hidden_id == ME),
        ).label("shut"),
        exists().where(HiddenPerson.user_id == ME, HiddenPerson.hidden_id == other).label("hidden_by_me"),
    )


def _subscribed_enough() -> Select[UUID]:
    """To whom one subscribes, from the tier on that they take messages from."""
    asked = func.coalesce(ChatSettings.from_rank, 0)
    return scopes_held(ME, SUBSCRIBED, NOW).where(Grant.rank >= asked).correlate(ChatSettings)


def _tier_asked(creator_id: ColumnElement[UUID]) -> ColumnElement[str]:
    """The name of the tier from which on they take messages; none where any will do."""
    of_rank = and_(Tier.creator_id == creator_id, Tier.rank == ChatSettings.from_rank, Tier.rank > 0)
    return select(Tier.name).where(of_rank).limit(1).correlate(User, ChatSettings).scalar_subquery()


def _silence(row: Any, *, asked: bool, paid: bool) -> Silence | None:
    return why_silent(
        Between(
            name=row.display_name,
            here=row.here,
            apart=row.hidden or row.shut,
            hidden_by_me=row.hidden_by_me,
            asked=asked,
            paid=paid,
            they_host=bool(row.they_host),
            i_host=row.i_host,
            messages_from=row.messages_from,
            from_tier=row.from_tier or "",
            first_price=readable(row.first_price or 0, row.their_currency or "USD"),
            i_follow=row.i_follow,
            i_subscribe=row.i_subscribe,
            they_follow=row.they_follow,
            they_subscribe=row.they_subscribe,
        )
    )


def _talk(row: Any, me: UUID) -> Talk:
    return Talk(
        UUID(str(row.conversation_id)),
        me,
        _face(row),
        _silence(row, asked=row.other_wrote > 0, paid=row.welcome),
        row.last_seq,
        row.last_change,
        row.read_seq,
        row.other_read if row.shows_read else 0,
        row.other_delivered if row.shows_read else 0,
        words.unseal(row.sealed_draft),
        muted=row.muted,
        away=row.away,
        asked=row.other_wrote > 0,
        unwanted=row.unwanted or (),
        unwanted_by_other=row.unwanted_by_other or (),
        apart=row.hidden or row.shut,
        tips=bool(row.they_host) and row.here,
        i_host=row.i_host,
        currency=row.currency or "USD",
        their_currency=row.their_currency or "USD",
        first_price=row.first_price,
    )


def _face(row: Any) -> Face:
    known = UUID(str(row.person_id))
    return Face(known, row.handle, row.display_name, row.avatar_hue, row.avatar, row.here)
