"""What somebody allows themselves to spend in a month. Lowered at once, raised after a night's sleep."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, case, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.invoices.errors import OverLimit
from app.invoices.models import PAYABLE, Attempt, Invoice, SpendingLimit
from app.kit import clock
from app.platform import audit
from app.platform.audit import Action

SLEEP = timedelta(hours=24)


class Limit(NamedTuple):
    """What of somebody's row says how much it is."""

    amount: int | None = None
    next_amount: int | None = None
    next_from: datetime | None = None


def set_limit(user_id: UUID, amount: int | None) -> SpendingLimit:
    """None: no limit. What is stricter holds at once."""
    at = clock.now()
    blank = insert(SpendingLimit).values(user_id=user_id, changed_at=at)
    db.session.execute(blank.on_conflict_do_nothing())
    found = _locked(user_id)
    assert found is not None
    now_ = in_force(found)
    if _stricter(amount, now_):
        found.amount, found.next_amount, found.next_from = amount, None, None
    else:
        found.amount, found.next_amount, found.next_from = now_, amount, at + SLEEP
    found.changed_at = at
    audit.record(Action.SPENDING_LIMIT_CHANGED, actor=user_id, subject=("user", user_id))
    return found


def in_force(limit: "SpendingLimit | Limit") -> int | None:
    if limit.next_from is not None and limit.next_from <= clock.now():
        return limit.next_amount
    return limit.amount


def waiting(limit: SpendingLimit) -> bool:
    """Whether another amount holds from a later moment on."""
    return limit.next_from is not None and limit.next_from > clock.now()


def check(user_id: UUID, amount: int, currency: str, *, besides: UUID | None = None) -> None:
    """Purchases of one person that has a limit wait for each other here."""
    if found := _locked(user_id):
        keep_to(in_force(found), user_id, amount, currency, besides=besides)


def keep_to(
    at_most: int | None, user_id: UUID, amount: int, currency: str, *, besides: UUID | None = None
) -> None:
    """The caller has locked the row that says so."""
    if at_most is None or not amount:
        return
    left = at_most - spent(user_id, currency, besides)
    if amount > left:
        raise OverLimit(max(left, 0), currency)


def spent(user_id: UUID, currency: str, besides: UUID | None = None) -> int:
    """This month: what was paid and kept, and what is being paid now."""
    found = _counted(user_id).where(Invoice.currency == currency)
    rows = db.session.execute(found.where(Invoice.id != besides) if besides else found).all()
    return int(rows[0][1]) if rows else 0


def spent_by_currency(user_id: UUID) -> list[tuple[str, int]]:
    return [(row[0], int(row[1])) for row in db.session.execute(_counted(user_id)) if row[1]]


def _counted(user_id: UUID) -> Select[str, Any]:
    being_paid = and_(
        Invoice.state.in_(PAYABLE),
        exists().where(Attempt.invoice_id == Invoice.id, Attempt.ended_at.is_(None)),
    )
    return (
        select(Invoice.currency, func.sum(case((being_paid, Invoice.total), else_=Invoice.kept)))
        .where(
            Invoice.user_id == user_id,
            or_(Invoice.paid_at >= month_begin(clock.now()), being_paid),
        )
        .group_by(Invoice.currency)
    )


def month_begin(at: datetime) -> datetime:
    return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _stricter(amount: int | None, than: int | None) -> bool:
    return than is None if amount is None else than is None or amount <= than


def _locked(user_id: UUID) -> SpendingLimit | None:
    return db.session.get(SpendingLimit, user_id, with_for_update=True, populate_existing=True)
