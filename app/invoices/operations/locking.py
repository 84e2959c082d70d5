"""An invoice's row is locked before all that belongs to it: attempts, payments, refunds, what it is for.

The accounts of the ledger come last: everybody's sales touch them, and wait there for each other's commit.
"""

import logging
from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import select

from app.extensions import db
from app.invoices.models import Invoice
from app.platform.errors import NotFound
from app.platform.transaction import transaction

log = logging.getLogger(__name__)


def lock(invoice_id: UUID) -> Invoice:
    found = db.session.scalars(
        select(Invoice)
        .where(Invoice.id == invoice_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def lock_own(invoice_id: UUID, payer_id: UUID) -> Invoice:
    found = lock(invoice_id)
    if found.user_id != payer_id:
        raise NotFound
    return found


def each(ids: Sequence[UUID], act: Callable[[UUID], object]) -> int:
    """One transaction for each, so that one that cannot does not hold up the others. How many could."""
    done = 0
    for one in ids:
        try:
            with transaction():
                act(one)
        except Exception:
            # Whatever it was, the others have their turn; this one comes again with the next round.
            log.exception("an invoice was left as it is", extra={"invoice": str(one)})
        else:
            done += 1
    return done
