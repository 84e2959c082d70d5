"""What tips were given, and for what one can be given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Text, Uuid, and_, func, or_, select, tuple_

from app.accounts.models import FormerHandle, User
from app.accounts.queries import ARRIVED
from app.creators.faces import Face, face_columns, read_face
from app.creators.hiding import hidden_from
from app.creators.models import Creator
from app.extensions import db
from app.invoices.models import Invoice
from app.kit import clock
from app.kit.text import has_any
from app.ledger import queries as ledger
from app.ledger.chart import Kind
from app.platform.errors import NotFound
from app.platform.prepared import Prepared, parameter
from app.posts.models import Post
from app.posts.places import Place
from app.posts.queries_page import find_post
from app.tips.models import Tip

AT_ONCE = 30
ME, NOW = parameter(1, Uuid()), parameter(2, DateTime(timezone=True))
HANDLE = parameter(3, Text())
CREATOR, POST = "creator", "post"


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a tip is for, and on what it is given. `creator`: for the `person_line` component.

    `credit`: what whoever looks has with us.
    """

    kind: str
    id: UUID
    creator: Any
    currency: str
    credit: int
    title: str
    href: str


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
    title: str | None
    href: str | None
    person: Face


def on_creator(handle: str, viewer_id: UUID) -> Target:
    """By a handle of now or of before. One statement, where it is one of now."""
    asked = str(viewer_id), clock.now(), handle
    rows = _open_page(former=False).run(*asked) or _open_page(former=True).run(*asked)
    if not rows:
        raise NotFound
    *about, currency, credit = rows[0]
    creator = Face(*about)
    return Target(CREATOR, UUID(str(creator.id)), creator, currency, credit, "", f"/@{creator.handle}")


def on_post(post_id: UUID, viewer_id: UUID) -> Target:
    post = find_post(post_id, viewer_id)
    card = post.card
    # Who bought it reads it when its page is closed, too, and that takes no tips. One's own: to be told so.
    if not (post.out or post.seen.mine):
        raise NotFound
    found = select(Creator.currency, _credit(viewer_id)).where(Creator.id == card.creator.id)
    currency, credit = db.session.execute(found).one()
    return Target(POST, post_id, card.creator, currency, credit, card.title, card.href)


def credit_with(creator_id: UUID, viewer_id: UUID) -> int:
    """What whoever looks has with us, in the currency of this creator."""
    return db.session.scalar(select(_credit(viewer_id)).where(Creator.id == creator_id)) or 0


@lru_cache
def _open_page(*, former: bool) -> Prepared:
    """One's own too, so that it can be said why not there."""
    named = func.lower(HANDLE)
    whose = func.lower(User.handle) == named
    if former:
        whose = User.id == select(FormerHandle.user_id).where(FormerHandle.handle == named).scalar_subquery()
    shown = and_(Creator.state == "open", ~hidden_from(ME, Creator.id.expression, NOW))
    found = (
        select(*face_columns(), Creator.currency, _credit(ME))
        .join(Creator, Creator.id == User.id)
        .where(whose, User.state == "active", ARRIVED, or_(shown, User.id == ME))
    )
    return Prepared(found, parameters=3)


def _credit(person_id: UUID | ColumnElement[UUID]) -> ColumnElement[int]:
    """In the currency of the creator that is looked at."""
    return ledger.available(Kind.FAN_CREDIT, Creator.currency.expression, person_id).label("credit")


def given(tip_id: UUID, giver_id: UUID) -> tuple[Tip, Face]:
    """One's own, and who got it."""
    row = db.session.execute(
        select(Tip, *face_columns())
        .join(User, User.id == Tip.creator_id)
        .outerjoin(Creator, Creator.id == User.id)
        .where(Tip.id == tip_id, Tip.user_id == giver_id)
    ).first()
    if row is None:
        raise NotFound
    return row[0], read_face(row)


def received(creator_id: UUID, after: Place | None = None) -> tuple[list[Received], Place | None]:
    """One page of what came in, the latest first, and where the next begins. Two statements."""
    wanted = (
        select(Tip, *face_columns(), Invoice.kept, Post.title, Post.id.label("post_id"))
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
        .where(Tip.creator_id == creator_id, Tip.paid_at.is_not(None), Invoice.kept > 0)
        .group_by(Tip.currency)
        .order_by(Tip.currency)
    )
    return [(currency, int(amount), count) for currency, amount, count in db.session.execute(found)]


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
        title=(row.title or "A post") if row.post_id else None,
        href=f"/posts/{row.post_id}" if row.post_id else None,
        person=read_face(row),
    )
