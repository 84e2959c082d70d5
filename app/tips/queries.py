"""What tips were given, and for what one can be given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select, tuple_

from app.accounts.models import User
from app.accounts.queries import find_by_handle
from app.creators import pictures
from app.creators.models import Creator
from app.creators.queries_page import find_page
from app.extensions import db
from app.invoices.models import Invoice
from app.ledger import queries as ledger
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.platform.errors import NotFound
from app.posts.commenting import has_any
from app.posts.models import Post
from app.posts.places import Place
from app.posts.queries_page import find_post
from app.tips.models import Tip

AT_ONCE = 30
CREATOR, POST = "creator", "post"


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a tip is for, and on what it is given. `creator`: for the `person_line` component."""

    kind: str
    id: UUID
    creator: Any
    currency: str
    title: str
    href: str


@dataclass(frozen=True, slots=True)
class Giver:
    id: UUID
    handle: str
    display_name: str
    avatar_hue: int
    avatar: dict[str, Any] | None
    here: bool

    @property
    def href(self) -> str | None:
        return f"/@{self.handle}" if self.here else None

    @property
    def avatar_url(self) -> str | None:
        return pictures.address(self.avatar, "square96")


@dataclass(frozen=True, slots=True)
class Received:
    """A tip as its creator reads it. `person` is for the `person_line` component."""

    id: UUID
    amount: int
    currency: str
    kept: int
    note: str
    # It has words that the creator does not want to read.
    held: bool
    at: datetime
    returned: bool
    title: str | None
    href: str | None
    person: Giver


def on_creator(handle: str, viewer_id: UUID) -> Target:
    person, _ = find_by_handle(handle)
    shown = find_page(person, viewer_id) if person else None
    if shown is None:
        raise NotFound
    return Target(CREATOR, shown.id, shown, shown.currency, "", shown.href)


def on_post(post_id: UUID, viewer_id: UUID) -> Target:
    card = find_post(post_id, viewer_id).card
    currency = db.session.scalar(select(Creator.currency).where(Creator.id == card.creator.id))
    return Target(POST, post_id, card.creator, currency or card.currency, card.title, card.href)


def credit_of(person_id: UUID, currency: str) -> int:
    return ledger.balance(Account(Kind.FAN_CREDIT, currency, person_id)).available


def given(tip_id: UUID, giver_id: UUID) -> tuple[Tip, Giver]:
    """One's own, and who got it."""
    row = db.session.execute(
        select(Tip, *_PERSON)
        .join(User, User.id == Tip.creator_id)
        .outerjoin(Creator, Creator.id == User.id)
        .where(Tip.id == tip_id, Tip.user_id == giver_id)
    ).first()
    if row is None:
        raise NotFound
    return row[0], _giver(row)


def received(creator_id: UUID, after: Place | None = None) -> tuple[list[Received], Place | None]:
    """One page of what came in, the latest first, and where the next begins. Two statements."""
    wanted = (
        select(Tip, *_PERSON, Invoice.kept, Post.title, Post.id.label("post_id"))
        .join(User, User.id == Tip.user_id)
        .outerjoin(Creator, Creator.id == User.id)
        .join(Invoice, Invoice.id == Tip.invoice_id)
        .outerjoin(Post, and_(Post.id == Tip.on_id, Tip.on_kind == POST, Post.state == "published"))
        .where(Tip.creator_id == creator_id, Tip.paid_at.is_not(None))
        .order_by(Tip.paid_at.desc(), Tip.id.desc())
        .limit(AT_ONCE + 1)
    )
    if after:
        wanted = wanted.where(tuple_(Tip.paid_at, Tip.id) < tuple_(after.at, after.id))
    rows = db.session.execute(wanted).all()
    unwanted = db.session.scalar(select(Creator.blocked_words).where(Creator.id == creator_id)) or ()
    shown = [_received(row, unwanted) for row in rows[:AT_ONCE]]
    return shown, Place(shown[-1].at, shown[-1].id) if len(rows) > AT_ONCE else None


def totals(creator_id: UUID) -> list[tuple[str, int, int]]:
    """What was given and kept, by currency, and how often."""
    found = (
        select(Tip.currency, func.sum(Invoice.kept), func.count())
        .join(Invoice, Invoice.id == Tip.invoice_id)
        .where(Tip.creator_id == creator_id, Tip.paid_at.is_not(None), Tip.returned_at.is_(None))
        .group_by(Tip.currency)
        .order_by(Tip.currency)
    )
    return [(currency, int(amount), count) for currency, amount, count in db.session.execute(found)]


_PERSON = (
    User.id.label("person_id"),
    User.handle,
    User.display_name,
    User.avatar_hue,
    Creator.avatar,
    (User.state == "active").label("here"),
)


def _giver(row: Any) -> Giver:
    return Giver(row.person_id, row.handle, row.display_name, row.avatar_hue, row.avatar, row.here)


def _received(row: Any, unwanted: Sequence[str]) -> Received:
    tip: Tip = row[0]
    assert tip.paid_at is not None
    return Received(
        id=tip.id,
        amount=tip.amount,
        currency=tip.currency,
        kept=row.kept,
        note=tip.note,
        held=has_any(tip.note, unwanted),
        at=tip.paid_at,
        returned=tip.returned_at is not None,
        title=(row.title or "A post") if row.post_id else None,
        href=f"/posts/{row.post_id}" if row.post_id else None,
        person=_giver(row),
    )
