"""What the house keeps of a sale: the rule that fits best and is the newest of those that have begun."""

from uuid import UUID

from sqlalchemy import or_, select

from app.extensions import db
from app.invoices.models import FeeRule
from app.kit import clock
from app.platform.settings import settings

WHOLE = 10_000


def rate(seller_id: UUID | None, kind: str) -> int:
    """In hundredths of a percent."""
    if seller_id is None:
        return 0
    rules = db.session.execute(
        select(FeeRule.seller_id, FeeRule.kind, FeeRule.bps)
        .where(
            or_(FeeRule.seller_id == seller_id, FeeRule.seller_id.is_(None)),
            or_(FeeRule.kind == kind, FeeRule.kind.is_(None)),
            FeeRule.since <= clock.now(),
        )
        .order_by(FeeRule.seller_id.is_(None), FeeRule.kind.is_(None), FeeRule.since.desc())
        .limit(1)
    ).first()
    return rules.bps if rules else settings().platform_fee_bps


def fee(amount: int, bps: int) -> int:
    """Rounded down: a cent that cannot be shared is the creator's."""
    return amount * bps // WHOLE
