"""What a creator told many, or is about to; what they say to newcomers; answers they keep."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.broadcasts.audience import Audience
from app.broadcasts.models import ON_ITS_WAY, Broadcast, SavedReply, WelcomeMessage
from app.chat import words
from app.chat.models import ChatSettings, Parcel
from app.chat.operations import parcels
from app.creators.models import Creator, Tier
from app.entitlements.queries import hidden_from
from app.extensions import db
from app.kit import clock
from app.kit.ids import parse_id
from app.platform.errors import NotFound

AT_ONCE = 20
# What is due goes out within seconds: what does not is held back by something.
PATIENCE = timedelta(minutes=1)
PAGE_CLOSED = "It waits for your page to be open."
PAGE_TAKEN_DOWN = "It waits for your page, which was taken down."
NOT_YET = "It has not gone out yet."


@dataclass(frozen=True, slots=True)
class Shown:
    """A broadcast as its creator reads it."""

    of: Broadcast
    words: str
    audience: Audience
    to: str
    # One of its files was taken down.
    barred: bool = False
    parcel: Parcel | None = None
    # What it waits for past its time, in a sentence.
    waits_for: str = ""

    @property
    def href(self) -> str:
        return f"/dashboard/messages/{self.of.id}"

    @property
    def line(self) -> str:
        return words.line(self.words) or ("Files" if self.of.parcel_id else "")

    @property
    def state(self) -> str:
        """With what becomes of it after it went out, and whether something holds it back past its time."""
        late = self.of.send_at is not None and self.of.send_at < clock.now() - PATIENCE
        if self.of.state == "scheduled" and late:
            return "waits"
        if self.of.taken_back_at is None:
            return self.of.state
        return "taking" if self.of.back_done_at is None else "taken"

    @property
    def under_way(self) -> bool:
        return self.state in (*ON_ITS_WAY, "taking")

    @property
    def share(self) -> int:
        """How far it is, in hundredths."""
        if self.state == "taking":
            return 100 * (self.of.taken + self.of.kept) // max(1, self.of.told)
        return 100 * (self.of.told + self.of.skipped) // max(1, self.of.people)


@dataclass(frozen=True, slots=True)
class Saved:
    id: UUID
    name: str
    words: str

    @property
    def line(self) -> str:
        return words.line(self.words)


def lines(creator_id: UUID, before: UUID | None) -> tuple[list[Shown], UUID | None]:
    """A page of them, the newest first, and where the next begins. Two statements, and one
    where something waits past its time.
    """
    barred = parcels.taken_down(Broadcast.parcel_id.expression)
    wanted = select(Broadcast, barred).where(Broadcast.creator_id == creator_id)
    if before:
        wanted = wanted.where(Broadcast.id < before)
    found = db.session.execute(wanted.order_by(Broadcast.id.desc()).limit(AT_ONCE + 1)).all()
    names = {one.id: one.name for one in tiers(creator_id)}
    shown = _with_reasons(creator_id, [_shown(one, names, barred) for one, barred in found[:AT_ONCE]])
    return shown, shown[-1].of.id if len(found) > AT_ONCE else None


def find(creator_id: UUID, broadcast_id: UUID) -> Broadcast:
    found = db.session.get(Broadcast, broadcast_id)
    if found is None or found.creator_id != creator_id:
        raise NotFound
    return found


def show(creator_id: UUID, broadcast_id: UUID) -> Shown:
    """With what it carries."""
    found = find(creator_id, broadcast_id)
    carried = db.session.get(Parcel, found.parcel_id) if found.parcel_id else None
    barred = found.begun_at is None and carried is not None and parcels.is_taken_down(carried.id)
    shown = _shown(found, {one.id: one.name for one in tiers(creator_id)}, barred)
    return _with_reasons(creator_id, [replace(shown, parcel=carried)])[0]


def tiers(creator_id: UUID) -> list[Tier]:
    """Also those that are archived: their subscribers go on."""
    return list(db.session.scalars(select(Tier).where(Tier.creator_id == creator_id).order_by(Tier.rank)))


def shows_read(creator_id: UUID) -> bool:
    """Whoever keeps to themselves how far they read is not told of others."""
    found = db.session.scalar(select(ChatSettings.shows_read).where(ChatSettings.user_id == creator_id))
    return found is not False


def welcome_of(creator_id: UUID) -> WelcomeMessage | None:
    return db.session.get(WelcomeMessage, creator_id)


def saved_replies(creator_id: UUID) -> list[Saved]:
    """By their names, which only we can read."""
    found = db.session.scalars(select(SavedReply).where(SavedReply.creator_id == creator_id))
    return sorted((_opened(one) for one in found), key=lambda one: one.name.casefold())


def saved_reply(creator_id: UUID, saved_id: UUID) -> Saved | None:
    found = db.session.get(SavedReply, saved_id)
    return _opened(found) if found and found.creator_id == creator_id else None


def saved_words(creator_id: UUID, named: str) -> str:
    """By an id as it stands in an address."""
    saved_id = parse_id(named)
    found = saved_reply(creator_id, saved_id) if saved_id else None
    return found.words if found else ""


def _with_reasons(creator_id: UUID, shown: list[Shown]) -> list[Shown]:
    """The same for all that waits: it is their page that holds it back, or nothing but us."""
    if not any(one.state == "waits" for one in shown):
        return shown
    page = select(Creator.state, hidden_from(None, Creator.id.expression)).where(Creator.id == creator_id)
    state, taken_down = db.session.execute(page).one()
    why = NOT_YET
    if taken_down:
        why = PAGE_TAKEN_DOWN
    elif state != "open":
        why = PAGE_CLOSED
    return [replace(one, waits_for=why) if one.state == "waits" else one for one in shown]


def _opened(one: SavedReply) -> Saved:
    return Saved(one.id, words.unseal(one.sealed_name), words.unseal(one.sealed_words))


def _shown(one: Broadcast, names: Mapping[UUID, str], barred: bool) -> Shown:
    audience = Audience.read(one.audience)
    return Shown(one, words.unseal(one.sealed_words), audience, audience.said(names), barred)
