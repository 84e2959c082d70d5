"""Corrections by hand: one admin proposes, another one agrees, and then it is in the books."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete

from app.accounts.letters import write_to
from app.accounts.models import User
from app.accounts.queries import has_left, the_user
from app.creators.queries import find_creator
from app.earnings import queries
from app.earnings.errors import Decided, NobodyThere, NotCoveredThere, OwnerLeft, TwoPeople
from app.earnings.models import Adjustment
from app.extensions import db
from app.invoices.errors import OwnCase
from app.kit import clock
from app.kit.ids import new_id
from app.kit.money import readable
from app.ledger.chart import Kind
from app.ledger.errors import NotCovered
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import NotFound
from app.platform.settings import settings


@dataclass(frozen=True, slots=True)
class Proposal:
    """By how much whose balance grows; less than nothing where it shrinks."""

    handle: str
    account: Kind
    amount: int
    currency: str
    reason: str


def propose(admin_id: UUID, proposal: Proposal) -> None:
    owner = queries.person_called(proposal.handle)
    if owner is None or (proposal.account is Kind.CREATOR_AVAILABLE and find_creator(owner.id) is None):
        raise NobodyThere(proposal.handle)
    if owner.id == admin_id:
        raise OwnCase
    made = Adjustment(
        id=new_id(),
        owner_id=owner.id,
        account=proposal.account.value,
        amount=proposal.amount,
        currency=proposal.currency,
        reason=proposal.reason,
        state="proposed",
        proposed_by=admin_id,
        proposed_at=clock.now(),
    )
    db.session.add(made)
    _note(Action.ADJUSTMENT_PROPOSED, made, admin_id)


def agree(adjustment_id: UUID, admin_id: UUID) -> None:
    # Whoever leaves takes along what was proposed about them: so their row first, as they do.
    if has_left(_find(adjustment_id).owner_id):
        raise OwnerLeft
    found = _decide(adjustment_id, admin_id, "agreed")
    theirs = Account(Kind(found.account), found.currency, found.owner_id)
    legs = (
        Leg(Account(Kind.ADJUSTMENT, found.currency), found.amount),
        Leg(theirs, -found.amount, covered=found.amount < 0),
    )
    refs = {"adjustment": str(found.id)}
    try:
        post(
            Entry(
                f"adjustment:{found.id}", "adjustment", legs, actor_id=admin_id, refs=refs, note=found.reason
            )
        )
    except NotCovered:
        raise NotCoveredThere from None
    _tell(the_user(found.owner_id), found)


def refuse(adjustment_id: UUID, admin_id: UUID) -> None:
    _decide(adjustment_id, admin_id, "refused")


def drop_open(owner_id: UUID) -> None:
    """They leave. What was agreed stays; what was not has nobody any more whose balance it could correct."""
    found = delete(Adjustment).where(Adjustment.owner_id == owner_id, Adjustment.state == "proposed")
    db.session.execute(found.execution_options(synchronize_session=False))


def _find(adjustment_id: UUID, *, lock: bool = False) -> Adjustment:
    found = db.session.get(Adjustment, adjustment_id, with_for_update=lock, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def _decide(adjustment_id: UUID, admin_id: UUID, state: str) -> Adjustment:
    found = _find(adjustment_id, lock=True)
    if found.state != "proposed":
        raise Decided
    if admin_id == found.proposed_by:
        raise TwoPeople
    if admin_id == found.owner_id:
        raise OwnCase
    found.state, found.decided_by, found.decided_at = state, admin_id, clock.now()
    _note(Action.ADJUSTMENT_DECIDED, found, admin_id)
    return found


def _note(action: Action, found: Adjustment, admin_id: UUID) -> None:
    audit.record(
        action,
        actor=admin_id,
        subject=("user", found.owner_id),
        account=found.account,
        amount=found.amount,
        currency=found.currency,
        state=found.state,
    )


def _tell(owner: User, found: Adjustment) -> None:
    page = "/dashboard/earnings" if found.account == Kind.CREATOR_AVAILABLE else "/transactions"
    write_to(
        owner,
        "balance_corrected",
        amount=readable(abs(found.amount), found.currency),
        change="higher" if found.amount > 0 else "lower",
        reason=found.reason,
        link=f"{settings().base_url}{page}",
    )
