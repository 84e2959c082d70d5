"""Admins decide what the house keeps. What was sold before keeps the fee of then."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.accounts.queries import find_by_handle
from app.extensions import db
from app.invoices.errors import NobodySells
from app.invoices.models import FeeRule
from app.kit.ids import new_id
from app.platform import audit
from app.platform.audit import Action


def set_rule(admin_id: UUID, handle: str, kind: str, bps: int, since: datetime) -> None:
    """Without a handle of all creators, without a kind of all that they sell."""
    seller_id = _seller(handle) if handle else None
    made = insert(FeeRule).values(id=new_id(), seller_id=seller_id, kind=kind or None, bps=bps, since=since)
    same = ["seller_id", "kind", "since"]
    db.session.execute(made.on_conflict_do_update(index_elements=same, set_={"bps": bps}))
    audit.record(
        Action.FEE_CHANGED,
        actor=admin_id,
        subject=("user", seller_id) if seller_id else ("house", "fees"),
        kind=kind,
        bps=bps,
        since=since.isoformat(),
    )


def _seller(handle: str) -> UUID:
    found, _ = find_by_handle(handle)
    if found is None or "creator" not in found.roles:
        raise NobodySells(handle)
    return found.id
