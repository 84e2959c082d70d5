"""What holds for a sale in the moment in which it is made: one statement."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import DateTime, Text, Uuid, select

from app.accounts.models import User
from app.invoices import fees, tax
from app.invoices.models import BillingDetails, SpendingLimit
from app.invoices.operations import limits
from app.invoices.operations.limits import Limit
from app.invoices.tax import Due
from app.kit import clock
from app.platform.prepared import Prepared, parameter

BUYER, SELLER = parameter(1, Uuid()), parameter(2, Uuid())
KIND, NOW = parameter(3, Text()), parameter(4, DateTime(timezone=True))

# Purchases of one person that has a limit wait for each other here.
LIMIT = (
    select(SpendingLimit.user_id, SpendingLimit.amount, SpendingLimit.next_amount, SpendingLimit.next_from)
    .where(SpendingLimit.user_id == BUYER)
    .with_for_update()
    .cte("own_limit")
)
FOUND = Prepared(
    select(
        fees.rule(SELLER, KIND, NOW).label("fee_bps"),
        BillingDetails.country,
        BillingDetails.evidence,
        *(LIMIT.c[name] for name in Limit._fields),
    )
    .select_from(User)
    .outerjoin(BillingDetails, BillingDetails.user_id == User.id)
    .outerjoin(LIMIT, LIMIT.c.user_id == User.id)
    .where(User.id == BUYER),
    parameters=4,
)


@dataclass(frozen=True, slots=True)
class Terms:
    # What the house keeps, in hundredths of a percent.
    fee_bps: int
    due: Due
    # What the buyer allows themselves to spend in a month.
    at_most: int | None


def of(buyer_id: UUID, seller_id: UUID | None, kind: str, total: int) -> Terms:
    [(ruled, country, evidence, *limit)] = FOUND.run(buyer_id, seller_id, kind, clock.now())
    return Terms(
        fee_bps=fees.share(seller_id, ruled),
        due=tax.reckon(country, evidence or {}, total, kind),
        at_most=limits.in_force(Limit(*limit)),
    )
