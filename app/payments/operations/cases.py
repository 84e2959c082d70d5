"""Something about money that somebody has to look at."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.invoices.models import Attempt
from app.kit import clock
from app.kit.ids import new_id
from app.payments import queries_solana
from app.payments.errors import OnItsWayBack
from app.payments.models import Case
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import NotFound


def open_case(rail: str, kind: str, external_id: str, **detail: Any) -> bool:
    """Once for the same thing; False where it is known. Who closed it has seen it; else it comes again."""
    values = {"detail": detail, "state": "open", "opened_at": clock.now(), "note": ""}
    made = db.session.execute(
        insert(Case)
        .values(id=new_id(), rail=rail, kind=kind, external_id=external_id, **values)
        .on_conflict_do_update(
            index_elements=["rail", "kind", "external_id"],
            set_=values | {"closed_at": None},
            where=(Case.state == "closed") & Case.closed_by.is_(None),
        )
        .returning(Case.id)
    ).scalar()
    if made is None:
        return False
    audit.record(Action.CASE_OPENED, actor=None, subject=("case", made), rail=rail, kind=kind)
    return True


def close(case_id: UUID, admin_id: UUID, note: str) -> None:
    found = db.session.get(Case, case_id, with_for_update=True)
    if found is None:
        raise NotFound
    if found.state == "open":
        if queries_solana.goes_back(case_id):
            raise OnItsWayBack
        found.state, found.closed_at = "closed", clock.now()
        found.closed_by, found.note = admin_id, note
        audit.record(Action.CASE_CLOSED, actor=admin_id, subject=("case", case_id))
        _is_decided(found)


def settle(rail: str, kind: str, external_id: str, note: str) -> None:
    """It has become clear by itself."""
    found = db.session.scalars(
        select(Case)
        .where(Case.rail == rail, Case.kind == kind, Case.external_id == external_id, Case.state == "open")
        .with_for_update()
    ).one_or_none()
    if found is not None:
        found.state, found.closed_at, found.note = "closed", clock.now(), note
        audit.record(Action.CASE_CLOSED, actor=None, subject=("case", found.id))


def will_go_back(case: Case, admin_id: UUID, note: str) -> None:
    """Its money is on its way to whoever sent it; the case closes when it is there."""
    case.closed_by, case.note = admin_id, note


def went_back(case_id: UUID) -> None:
    found = db.session.get(Case, case_id, with_for_update=True)
    if found is not None and found.state == "open":
        found.state, found.closed_at = "closed", clock.now()
        audit.record(Action.CASE_CLOSED, actor=None, subject=("case", case_id))
        _is_decided(found)


def _is_decided(case: Case) -> None:
    """An invoice that named it to its payer does so no more."""
    if not (invoice_id := case.detail.get("invoice_id")):
        return
    told = select(Attempt).where(Attempt.invoice_id == UUID(invoice_id), Attempt.data.has_key("other"))
    for attempt in db.session.scalars(told.with_for_update()):
        left = [one for one in attempt.data["other"] if one["name"] != case.external_id]
        attempt.data = {**attempt.data, "other": left}
