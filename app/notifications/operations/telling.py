"""Somebody is told that something happened: a line on their page, and what shall reach them elsewhere.

    tell("liked", to=creator_id, subject=f"post:{post.id}", actor=user_id, href=..., words={"post": ...})

In the transaction of what happened. Until it is read, the same about the same subject is one line, in which
everybody counts once; the unread line's unique key makes those who tell at once wait for each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    String,
    Uuid,
    any_,
    cast,
    column,
    exists,
    false,
    func,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from app.accounts.models import User
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.kit.text import shortened
from app.notifications import channels, kinds, lines
from app.notifications.apart import apart
from app.notifications.kinds import Channel, Event, Kind
from app.notifications.models import (
    UNREAD,
    WAITING,
    Notification,
    NotificationActor,
    NotificationDelivery,
    NotificationPreference,
)
from app.platform import realtime, schedule
from app.platform.transaction import after_commit

# Names and titles are cut to this in a line.
WORD_MAX = 120
FACES = 3
# While a line stays unread, what joins it is mailed and pushed so seldom.
AGAIN = timedelta(hours=12)
# Pages of many people ask in the course of so many seconds how much is new.
SPREAD_SECONDS = 20
# The job that sends what is due.
DUE = "notifications.due"
NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class About:
    """What a line is about ("post:<id>"), and where it leads."""

    subject: str
    href: str


@dataclass(frozen=True, slots=True)
class _Given:
    id: UUID
    person: UUID
    about: About


def tell(
    event: str,
    *,
    to: UUID,
    subject: str,
    href: str,
    actor: UUID | None = None,
    words: Mapping[str, str] = NONE,
) -> None:
    tell_all(event, (to,), subject=subject, href=href, actor=actor, words=words)


def tell_all(
    event: str,
    people: Iterable[UUID],
    *,
    subject: str,
    href: str,
    actor: UUID | None = None,
    words: Mapping[str, str] = NONE,
) -> None:
    """As many as fit into one statement. Not of their own doing, nor of somebody from whom they are apart."""
    tell_each(event, dict.fromkeys(people, About(subject, href)), actor=actor, words=words)


def tell_each(
    event: str, people: Mapping[UUID, About], *, actor: UUID | None = None, words: Mapping[str, str] = NONE
) -> None:
    """Each of something of their own."""
    kind, found = kinds.events()[event]
    called = set(people) - {actor}
    if called and not any(default.enabled for default in kind.channels.values()):
        # The few of perhaps very many who want to be told.
        called = _who_chose(kind, called)
    # In one order, so that two who tell the same people never wait in a circle.
    given = [_Given(new_id(), person, people[person]) for person in sorted(called)]
    said = {name: shortened(word, WORD_MAX) for name, word in words.items()}
    rows = db.session.execute(_written(kind, found, given, said, actor)).all() if given else []
    if not rows:
        return
    if found.bundled and actor:
        db.session.execute(_counted([row.id for row in rows], actor))
    if not found.quiet:
        _ask_to_carry(kind, found, rows)
    if not (found.quiet or found.counted_there):
        heard = [row for row in rows if row.shown or Channel.PAGE not in kind.channels]
        after_commit(lambda: _tell_open_pages(found, heard, said))


def settle(user_id: UUID, subject: str) -> None:
    """They saw the thing itself, whatever was told of it."""
    waiting = (Notification.user_id == user_id, Notification.subject == subject)
    db.session.execute(
        update(Notification)
        .where(*waiting, Notification.read_at.is_(None))
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _who_chose(kind: Kind, people: Iterable[UUID]) -> set[UUID]:
    preference, given = NotificationPreference, f"{{{','.join(map(str, people))}}}"
    chosen = select(preference.user_id).where(preference.kind == kind.name, preference.enabled)
    among = any_(cast(literal(given), ARRAY(Uuid())))
    return set(db.session.scalars(chosen.where(preference.user_id == among)))


def _written(
    kind: Kind, event: Event, people: Sequence[_Given], words: Mapping[str, str], actor: UUID | None
) -> Any:
    at = clock.now()
    given = _table(
        ("id", Uuid(), [one.id for one in people]),
        ("person", Uuid(), [one.person for one in people]),
        ("subject", String(), [one.about.subject for one in people]),
        ("href", String(), [one.about.href for one in people]),
    )
    unseen = not (event.quiet or event.counted_there)
    values = {
        Notification.id: given.c.id,
        Notification.user_id: given.c.person,
        Notification.event: literal(event.name),
        Notification.subject: given.c.subject,
        Notification.href: given.c.href,
        Notification.words: literal(dict(words), Notification.words.type),
        Notification.count: literal(0 if event.bundled and actor else 1),
        Notification.actors: literal([actor] if actor else [], Notification.actors.type),
        Notification.shown: _chosen(kind, Channel.PAGE, given.c.person),
        Notification.created_at: literal(at),
        Notification.updated_at: literal(at),
        Notification.seen_at: literal(None if unseen else at, Notification.seen_at.type),
    }
    there = select(*values.values()).join(User, User.id == given.c.person).where(User.state == "active")
    if event.social and actor:
        there = there.where(~apart(given.c.person, actor))
    row = insert(Notification).from_select([column.key for column in values], there.order_by(given.c.person))
    anew: dict[str, Any] = {
        name: row.excluded[name] for name in ("href", "words", "shown", "updated_at", "seen_at")
    }
    if actor:
        others = func.array_remove(Notification.actors, actor)
        ahead = func.array_prepend(actor, others, type_=Notification.actors.type)
        anew["actors"] = ahead[1:FACES]
    # Of the line that is there already, which an insert does not correlate by itself.
    line_id: ColumnElement[UUID] = literal_column("notifications.id")
    known = exists().where(NotificationActor.notification_id == line_id, NotificationActor.actor_id == actor)
    name = select(User.display_name).where(User.id == actor).scalar_subquery()
    return row.on_conflict_do_update(
        index_elements=["user_id", "event", "subject"],
        index_where=UNREAD,
        set_=anew,
        where=~known if event.once else None,
    ).returning(
        Notification.id, Notification.user_id, Notification.shown, Notification.href, name.label("name")
    )


def _counted(ids: list[UUID], actor: UUID) -> Any:
    """After the lines were locked, so that it sees who was counted by others meanwhile."""
    given = _table(("id", Uuid(), ids))
    who = select(given.c.id, literal(actor), literal(clock.now()))
    fresh = (
        insert(NotificationActor)
        .from_select(["notification_id", "actor_id", "at"], who)
        .on_conflict_do_nothing()
        .returning(NotificationActor.notification_id)
        .cte("fresh")
    )
    more = update(Notification).where(Notification.id == fresh.c.notification_id)
    return more.values(count=Notification.count + 1).execution_options(synchronize_session=False)


def _ask_to_carry(kind: Kind, event: Event, rows: Sequence[Row[Any]]) -> None:
    """One of each line and channel waits at a time; when it is due, it is seen whether and when it goes."""
    at = clock.now()
    due = {channel: at for channel in channels.available() if channel in kind.channels}
    due.pop(Channel.PAGE, None)
    if due.pop(Channel.MAIL, None) and event.mailed:
        due[Channel.MAIL] = at + event.pause
    waiting = {
        when
        for channel, when in due.items()
        if db.session.execute(_waiting(kind, channel, rows, when)).first()
    }
    if at in waiting:
        schedule.hurry(DUE)


def _waiting(kind: Kind, channel: Channel, rows: Sequence[Row[Any]], due_at: datetime) -> Any:
    given = _table(
        ("id", Uuid(), [new_id() for _ in rows]),
        ("line", Uuid(), [row.id for row in rows]),
        ("person", Uuid(), [row.user_id for row in rows]),
    )
    delivery = NotificationDelivery
    last = select(func.max(delivery.sent_at) + AGAIN).where(
        delivery.notification_id == given.c.line, delivery.channel == channel.value
    )
    values = {
        delivery.id: given.c.id,
        delivery.notification_id: given.c.line,
        delivery.user_id: given.c.person,
        delivery.channel: literal(channel.value),
        delivery.due_at: func.greatest(literal(due_at), last.scalar_subquery()),
        delivery.created_at: literal(clock.now()),
    }
    wanted = select(*values.values()).where(_chosen(kind, channel, given.c.person))
    if carried := channels.transport(channel):
        wanted = wanted.where(carried.reaches(given.c.person))
    row = insert(delivery).from_select([column.key for column in values], wanted)
    once = row.on_conflict_do_nothing(index_elements=["notification_id", "channel"], index_where=WAITING)
    return once.returning(delivery.id)


def _chosen(kind: Kind, channel: Channel, person: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Whether they want it, as a column of a statement about many."""
    if channel not in kind.channels:
        return false()
    default = literal(kind.channels[channel].enabled)
    if not kind.can_change(channel):
        return default
    preference = NotificationPreference
    chosen = select(preference.enabled).where(
        preference.user_id == person, preference.kind == kind.name, preference.channel == channel.value
    )
    return func.coalesce(chosen.scalar_subquery(), default)


def _tell_open_pages(event: Event, rows: Sequence[Row[Any]], words: Mapping[str, str]) -> None:
    """What a page that looks at the thing itself need not say, it knows by `leads`."""
    spread = SPREAD_SECONDS if len(rows) > 1 else 0
    for row in rows:
        said = lines.plain(event, words, [row.name] if row.name else [])
        payload = {"text": said, "href": f"/notifications/{row.id}", "leads": row.href, "spread": spread}
        realtime.push_user(row.user_id, "notice", payload)


def _table(*columns: tuple[str, Any, Sequence[Any]]) -> Any:
    """Lists as the columns of a table, so that a statement is the same for one and for many."""
    lists = [cast(values, ARRAY(type_)) for _, type_, values in columns]
    named = [column(name, type_) for name, type_, _ in columns]
    return func.unnest(*lists).table_valued(*named).render_derived(name="given")
