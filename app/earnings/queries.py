"""What is known of payouts, where they go, and what was corrected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.earnings.models import Adjustment, Payout, PayoutAccount, PayoutPlan, TaxProfile
from app.extensions import db
from app.ledger import queries as ledger
from app.ledger.chart import Kind
from app.ledger.models import LedgerAccount, LedgerEntry, LedgerLeg
from app.platform.audit import Action
from app.platform.errors import NotFound
from app.platform.models import AuditRecord

AT_ONCE = 30
# By somebody who is here: of those who left the rows stay, as tax law asks.
IN_USE = (
    PayoutAccount.removed_at.is_(None),
    exists().where(User.id == PayoutAccount.creator_id, User.state != "deleted"),
)
THEIRS = (Kind.CREATOR_AVAILABLE, Kind.CREATOR_PENDING, Kind.CREATOR_HELD)


@dataclass(slots=True)
class Standing:
    """What a creator has in one currency."""

    currency: str
    available: int = 0
    pending: int = 0
    held: int = 0
    on_its_way: int = 0

    @property
    def whole(self) -> int:
        return self.available + self.pending + self.held + self.on_its_way

    @property
    def anything(self) -> bool:
        return any((self.available, self.pending, self.held, self.on_its_way))


@dataclass(frozen=True, slots=True)
class Listed:
    payout: Payout
    account: PayoutAccount
    handle: str | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    adjustment: Adjustment
    handle: str | None
    by: str | None
    decided_by: str | None


def balances(creator_id: UUID) -> dict[str, Standing]:
    """By currency, without what is on its way; one statement."""
    found: dict[str, Standing] = {}
    for line in ledger.balances(creator_id):
        if line.account.kind in THEIRS:
            one = found.setdefault(line.account.currency, Standing(line.account.currency))
            setattr(one, line.account.kind.value.removeprefix("creator_"), line.balance.posted)
    return found


def standings(creator_id: UUID) -> list[Standing]:
    """Of each currency they ever earned in; two statements."""
    found = balances(creator_id)
    for payout in living(creator_id):
        found[payout.currency].on_its_way += payout.amount
    return sorted(found.values(), key=lambda one: one.currency)


def living(creator_id: UUID) -> Sequence[Payout]:
    found = select(Payout).where(Payout.creator_id == creator_id, Payout.ended_at.is_(None))
    return db.session.scalars(found).all()


def unsettled(after: datetime, limit: int) -> Sequence[Payout]:
    """Payouts that have no end yet, the oldest first; all of the last one's moment."""
    found = select(Payout).where(Payout.ended_at.is_(None), Payout.created_at > after)
    return db.session.scalars(found.order_by(Payout.created_at).fetch(limit, with_ties=True)).all()


def payouts(creator_id: UUID, before: UUID | None = None) -> tuple[list[Listed], UUID | None]:
    """The newest first, and where it goes on."""
    found = _listed().where(Payout.creator_id == creator_id, *([Payout.id < before] if before else []))
    return _page(found.order_by(Payout.id.desc()).limit(AT_ONCE + 1))


def all_payouts(state: str, before: UUID | None = None) -> tuple[list[Listed], UUID | None]:
    """Of everybody, the newest first, and where it goes on."""
    found = _listed().order_by(Payout.id.desc()).limit(AT_ONCE + 1)
    if state:
        found = found.where(Payout.state == state)
    if before:
        found = found.where(Payout.id < before)
    return _page(found)


def payout(payout_id: UUID) -> Listed:
    row = db.session.execute(_listed().where(Payout.id == payout_id)).one_or_none()
    if row is None:
        raise NotFound
    return Listed(*row)


def accounts(creator_id: UUID) -> Sequence[PayoutAccount]:
    """Those that were removed too; the one to be used first comes first."""
    found = select(PayoutAccount).where(PayoutAccount.creator_id == creator_id)
    order = (PayoutAccount.removed_at.is_not(None), PayoutAccount.preferred.desc(), PayoutAccount.rail)
    return db.session.scalars(found.order_by(*order)).all()


def earned_from(creator_id: UUID) -> datetime | None:
    """When the first money of theirs was written down."""
    theirs = LedgerAccount.owner_id == creator_id, LedgerAccount.kind.in_(THEIRS)
    found = (
        select(func.min(LedgerEntry.created_at))
        .join(LedgerLeg, LedgerLeg.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerLeg.account_id)
        .where(*theirs, LedgerLeg.place == 1)
    )
    return db.session.scalar(found)


def named_by(creator_id: UUID, moment: datetime) -> dict[str, str]:
    """Where each rail had last got ready to pay by then, as it is on record."""
    state, rail = AuditRecord.data["state"].astext, AuditRecord.data["rail"].astext
    found = (
        select(rail, AuditRecord.personal["destination"].astext, state)
        .where(
            AuditRecord.subject_kind == "user",
            AuditRecord.subject_id == str(creator_id),
            AuditRecord.action == Action.PAYOUT_SET_UP,
            AuditRecord.at < moment,
            state.in_(("ready", "removed")),
        )
        .order_by(AuditRecord.at, AuditRecord.id)
    )
    last = {rail: (destination, state) for rail, destination, state in db.session.execute(found)}
    return {rail: destination for rail, (destination, state) in last.items() if state == "ready"}


def own_account(creator_id: UUID, rail: str) -> PayoutAccount | None:
    found = select(PayoutAccount).where(
        PayoutAccount.creator_id == creator_id,
        PayoutAccount.rail == rail,
        PayoutAccount.removed_at.is_(None),
    )
    return db.session.scalars(found).one_or_none()


def unfinished_accounts(rail: str, limit: int) -> Sequence[UUID]:
    """Begun with a provider, who still wants something; the newest first."""
    found = select(PayoutAccount.id).where(
        PayoutAccount.rail == rail,
        PayoutAccount.state == "incomplete",
        PayoutAccount.provider_id.is_not(None),
        *IN_USE,
    )
    return db.session.scalars(found.order_by(PayoutAccount.changed_at.desc()).limit(limit)).all()


def account_called(rail: str, provider_id: str) -> UUID | None:
    found = select(PayoutAccount.id).where(
        PayoutAccount.rail == rail,
        PayoutAccount.provider_id == provider_id,
        *IN_USE,
    )
    return db.session.scalars(found.limit(1)).first()


def payout_called(rail: str, provider_id: str) -> Payout | None:
    found = select(Payout).where(Payout.rail == rail, Payout.provider_id == provider_id)
    return db.session.scalars(found).one_or_none()


def plan(creator_id: UUID) -> PayoutPlan | None:
    return db.session.get(PayoutPlan, creator_id)


def tax_profile(creator_id: UUID) -> TaxProfile | None:
    return db.session.get(TaxProfile, creator_id)


def adjustments(*, open_: bool, limit: int = 100) -> list[Proposed]:
    """Those that wait the oldest first, the others the last decided first."""
    owner, by, other = aliased(User), aliased(User), aliased(User)
    found = (
        select(Adjustment, owner.handle, by.handle, other.handle)
        .join(owner, owner.id == Adjustment.owner_id)
        .join(by, by.id == Adjustment.proposed_by)
        .outerjoin(other, other.id == Adjustment.decided_by)
    )
    if open_:
        found = found.where(Adjustment.state == "proposed").order_by(Adjustment.proposed_at, Adjustment.id)
    else:
        found = found.where(Adjustment.state != "proposed").order_by(
            Adjustment.decided_at.desc(), Adjustment.id.desc()
        )
    return [Proposed(*row) for row in db.session.execute(found.limit(limit))]


def person_called(handle: str) -> User | None:
    found = select(User).where(func.lower(User.handle) == handle.lower(), User.state != "deleted")
    return db.session.scalars(found).one_or_none()


def _listed() -> Select[Payout, PayoutAccount, str]:
    return (
        select(Payout, PayoutAccount, User.handle)
        .join(PayoutAccount, PayoutAccount.id == Payout.account_id)
        .outerjoin(User, and_(User.id == Payout.creator_id, User.state != "deleted"))
    )


def _page(found: Select[Payout, PayoutAccount, str]) -> tuple[list[Listed], UUID | None]:
    rows = [Listed(*row) for row in db.session.execute(found)]
    return rows[:AT_ONCE], rows[AT_ONCE - 1].payout.id if len(rows) > AT_ONCE else None
