"""What admins look for: an invoice by anything that names it, and what the house keeps."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select

from app.accounts.models import User
from app.extensions import db
from app.invoices import rails
from app.invoices.models import Attempt, Dispute, FeeRule, Invoice, Payment, Refund
from app.invoices.queries import AT_ONCE, Listed, listed
from app.kit.ids import parse_id


@dataclass(frozen=True, slots=True)
class Rule:
    rule: FeeRule
    handle: str | None


def find(text: str, before: UUID | None = None) -> tuple[list[Listed], UUID | None]:
    """The newest first, and where it goes on. Nothing typed: all of them."""
    found = listed().order_by(Invoice.id.desc()).limit(AT_ONCE + 1)
    if text:
        found = found.where(_meant(text))
    if before:
        found = found.where(Invoice.id < before)
    rows = [Listed(*row) for row in db.session.execute(found)]
    return rows[:AT_ONCE], rows[AT_ONCE - 1].invoice.id if len(rows) > AT_ONCE else None


def fee_rules() -> list[Rule]:
    """The newest first."""
    found = (
        select(FeeRule, User.handle)
        .outerjoin(User, User.id == FeeRule.seller_id)
        .order_by(FeeRule.since.desc(), FeeRule.id.desc())
    )
    return [Rule(*row) for row in db.session.execute(found)]


def _meant(text: str) -> ColumnElement[bool]:
    if text.isascii() and text.isdigit() and len(text) < 19:
        return Invoice.number == int(text)
    if (one := parse_id(text)) is not None:
        return _by_id(one)
    if text.startswith("@"):
        person = select(User.id).where(func.lower(User.handle) == text[1:].lower()).scalar_subquery()
        return or_(Invoice.user_id == person, Invoice.seller_id == person)
    return _by_provider(text)


def _by_id(one: UUID) -> ColumnElement[bool]:
    parts = (select(model.invoice_id).where(model.id == one) for model in (Attempt, Payment, Refund, Dispute))
    return or_(Invoice.id == one, *(Invoice.id.in_(part) for part in parts))


def _by_provider(text: str) -> ColumnElement[bool]:
    names = list(rails.names())
    parts: list[Select[Any]] = [
        select(model.invoice_id).where(model.rail.in_(names), model.provider_id == text)
        for model in (Attempt, Refund, Dispute)
    ]
    parts.append(select(Payment.invoice_id).where(Payment.rail.in_(names), Payment.external_id == text))
    return or_(*(Invoice.id.in_(part) for part in parts))
