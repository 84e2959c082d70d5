"""Corrections by hand: one admin proposes, another one agrees, and then it is in the books."""

from dataclasses import dataclass
from uuid import UUID

from app.accounts.models import User
from app.accounts.queries import the_user
from app.earnings import queries
from app.earnings.errors import Decided, NobodyThere, NotCoveredThere, TwoPeople
from app.earnings.models import Adjustment
from app.extensions import db
from app.invoices.errors import OwnCase
from app.kit import clock
from app.kit.ids import new_id
from app.kit.money import readable
from app.ledger.chart import Kind
from app.ledger.errors import NotCovered
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.platform import audit, mail
from app.platform.audit import Action
from app.platform.errors import NotFound
from app.platform.settings import settings
from app.platform.viewer import Role


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
    if owner is None or (proposal.account is Kind.CREATOR_AVAILABLE and Role.CREATOR not in owner.roles):
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


def _decide(adjustment_id: UUID, admin_id: UUID, state: str) -> Adjustment:
    found = db.session.get(Adjustment, adjustment_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
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
    if owner.email:
        page = "/dashboard/earnings" if found.account == Kind.CREATOR_AVAILABLE else "/transactions"
        mail.send(
            "balance_corrected",
            to=owner.email,
            user_id=owner.id,
            name=owner.display_name,
            amount=readable(abs(found.amount), found.currency),
            change="higher" if found.amount > 0 else "lower",
            reason=found.reason,
            link=f"{settings().base_url}{page}",
        )
