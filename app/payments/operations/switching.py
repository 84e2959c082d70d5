"""Rails that are off: for the whole house, or for what one creator sells."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.payments.models import RailSwitch
from app.platform import audit
from app.platform.audit import Action


def switch(rail: str, seller_id: UUID | None, *, on: bool, actor_id: UUID) -> None:
    """Of nobody: of the house. What was begun by a rail that closes may still be paid."""
    if on:
        db.session.execute(
            delete(RailSwitch).where(
                RailSwitch.rail == rail, RailSwitch.seller_id.is_not_distinct_from(seller_id)
            )
        )
    else:
        off = insert(RailSwitch).values(id=new_id(), seller_id=seller_id, rail=rail, since=clock.now())
        db.session.execute(off.on_conflict_do_nothing(index_elements=["seller_id", "rail"]))
    subject = ("user", seller_id) if seller_id else ("house", "rails")
    audit.record(Action.RAIL_SWITCHED, actor=actor_id, subject=subject, rail=rail, on=on)
