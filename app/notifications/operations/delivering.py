"""What waits to reach somebody who is not looking: sent when its time has come, put off, or not sent at all.

Decided when it is due, by what they want and did by then. It hands over (to the mail's work, to the work of
a push) in the transaction that says so, and talks to nobody.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from app.accounts.models import User
from app.extensions import db
from app.kit import clock
from app.notifications import channels, hours, kinds, known, lines, unsubscribing
from app.notifications.channels import Notice
from app.notifications.kinds import Channel, Kind
from app.notifications.models import MAIL, Notification, NotificationDelivery, NotificationSettings
from app.notifications.queries import settings_of, switches
from app.notifications.queries_page import find_actors
from app.platform import mail
from app.platform.settings import settings

AT_ONCE = 100
# Of one person; what is more has the next turn.
MOST = 50
GONE, SEEN, OFF = "They are not here.", "They saw it here first.", "They switched it off."
CLOSED = "It is gone, or closed to them."
NO_ADDRESS, NO_DEVICE = "There is no address.", "No device of theirs shows notices any more."


@dataclass(frozen=True, slots=True)
class Piece:
    delivery: NotificationDelivery
    kind: Kind
    sentence: str
    tag: str

    @property
    def href(self) -> str:
        return f"/notifications/{self.delivery.notification_id}"

    @property
    def link(self) -> str:
        return settings().base_url + self.href


def due_people() -> Sequence[UUID]:
    """Some of those for whom something is due, the longest waiting first."""
    waiting = select(NotificationDelivery.user_id).where(*_due())
    return db.session.scalars(
        waiting.group_by(NotificationDelivery.user_id)
        .order_by(func.min(NotificationDelivery.due_at))
        .limit(AT_ONCE)
    ).all()


def deliver(user_id: UUID) -> None:
    """All that is due for one person; who else is at it meanwhile finds nothing."""
    rows = db.session.execute(
        select(NotificationDelivery, Notification)
        .join(Notification, Notification.id == NotificationDelivery.notification_id)
        .where(NotificationDelivery.user_id == user_id, *_due())
        .order_by(NotificationDelivery.due_at, NotificationDelivery.id)
        .limit(MOST)
        .with_for_update(skip_locked=True, of=NotificationDelivery)
    ).all()
    if not rows:
        return
    person, chosen = db.session.get_one(User, user_id), settings_of(user_id)
    wanted = {switch.name for switch in switches(user_id) if switch.enabled}
    gone = known.gone(user_id, (about.subject for _, about in rows))
    going = []
    for delivery, about in rows:
        if why := CLOSED if about.subject in gone else _why_not(person, delivery, about, wanted):
            _end(delivery, "skipped", why)
        elif later := _later(delivery, about, chosen):
            delivery.due_at = later
        else:
            going.append((delivery, about))
    pieces = _pieces(going)
    _mail(person, [piece for piece in pieces if piece.delivery.channel == Channel.MAIL])
    for piece in pieces:
        if piece.delivery.channel != Channel.MAIL:
            _push(piece)


def give_up(user_id: UUID) -> None:
    """What went wrong for one person stops nobody else."""
    db.session.execute(
        update(NotificationDelivery)
        .where(NotificationDelivery.user_id == user_id, *_due())
        .values(state="failed", reason="It could not be put together.")
    )


def _due() -> tuple[ColumnElement[bool], ...]:
    return (NotificationDelivery.state == "waiting", NotificationDelivery.due_at <= clock.now())


def _why_not(
    person: User, delivery: NotificationDelivery, about: Notification, wanted: AbstractSet[str]
) -> str:
    told = kinds.events().get(about.event)
    if person.state != "active":
        return GONE
    # On the list nothing is seen of what waits behind a door of its own.
    seen = about.seen_at and not (told and told[1].counted_there)
    if about.read_at or seen:
        return SEEN
    if told is None or f"{told[0].name}.{delivery.channel}" not in wanted:
        return OFF
    return NO_ADDRESS if delivery.channel == Channel.MAIL and not person.email else ""


def _later(
    delivery: NotificationDelivery, about: Notification, chosen: NotificationSettings
) -> datetime | None:
    """After the quiet hours, or with the mail of the day or week; what nobody can switch off goes now."""
    kind, _ = kinds.events()[about.event]
    if not kind.can_change(Channel(delivery.channel)):
        return None
    if quiet := hours.quiet_until(clock.now(), chosen.zone, chosen.quiet_from, chosen.quiet_until):
        return quiet
    if delivery.channel == Channel.MAIL and chosen.mails != hours.AT_ONCE and not delivery.gathered:
        delivery.gathered = True
        return hours.next_gathered(clock.now(), chosen.zone, chosen.mails)
    return None


def _pieces(going: Sequence[tuple[NotificationDelivery, Notification]]) -> list[Piece]:
    faces = find_actors(actor for _, about in going for actor in about.actors) if going else {}
    pieces = []
    for delivery, about in going:
        kind, event = kinds.events()[about.event]
        names = [faces[actor].display_name for actor in about.actors if actor in faces]
        sentence = lines.plain(event, about.words, names, about.count)
        pieces.append(Piece(delivery, kind, sentence, f"{about.event}:{about.subject}"))
    return pieces


def _mail(person: User, pieces: Sequence[Piece]) -> None:
    """One, of all that happened."""
    if not pieces:
        return
    first, kinds_told = pieces[0], {piece.kind.name for piece in pieces}
    mail_id = mail.send(
        MAIL,
        to=person.email or "",
        user_id=person.id,
        name=person.display_name,
        subject=first.sentence if len(pieces) == 1 else f"{len(pieces)} things happened",
        lines=[{"text": piece.sentence, "link": piece.link} for piece in pieces],
        link=first.link if len(pieces) == 1 else f"{settings().base_url}/notifications",
        stop=unsubscribing.address(
            person.id, first.kind.name if len(kinds_told) == 1 else unsubscribing.SUMMARY
        ),
        choose=f"{settings().base_url}/settings/notifications",
    )
    for piece in pieces:
        _end(piece.delivery, "sent", mail_id=mail_id)


def _push(piece: Piece) -> None:
    carried = channels.transport(Channel(piece.delivery.channel))
    assert carried is not None, "what nothing carries is not wanted"
    notice = Notice(piece.kind.label, piece.sentence, piece.href, piece.tag)
    if carried.send(piece.delivery.user_id, notice):
        _end(piece.delivery, "sent")
    else:
        _end(piece.delivery, "skipped", NO_DEVICE)


def _end(delivery: NotificationDelivery, state: str, reason: str = "", mail_id: UUID | None = None) -> None:
    delivery.state, delivery.reason, delivery.mail_id = state, reason, mail_id
    delivery.sent_at = clock.now() if state == "sent" else None
