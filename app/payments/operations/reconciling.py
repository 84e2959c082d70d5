"""What a provider says moved, against what we booked. A case for each difference; fees are booked from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.ledger import queries as ledger
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.ledger.queries import Booked
from app.payments import queries
from app.payments.models import ProviderEntry
from app.payments.operations import cases

# How long each side may take to hear of what the other has.
GRACE = timedelta(hours=1)
# Older differences are with somebody already.
LOOKS_BACK = timedelta(days=30)
# Booked by us because of what the provider says.
FEE, BANK = "provider_fee", "bank"
NO_ENTRY, NO_MOVEMENT, BALANCE = "no_entry", "no_movement", "balance"
BOOKED_LATER = "It was booked later, and agrees."
BATCH = 500

# Between the provider and our bank; and what it charges for by itself.
TO_BANK = frozenset(
    {"payout", "payout_cancel", "payout_failure", "payout_reversal", "topup", "topup_reversal"}
)
CHARGES = frozenset({"stripe_fee", "stripe_fx_fee", "tax_fee", "network_cost"})


@dataclass(frozen=True, slots=True)
class Movement:
    """`amount` is before `fee`; positive is ours."""

    external_id: str
    kind: str
    amount: int
    fee: int
    currency: str
    source_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """A rail, and the account in which its money stands."""

    rail: str
    clearing: Kind


def note(place: Place, moved: Movement) -> None:
    """Once. Its fee is the house's cost from now on."""
    made = db.session.execute(
        insert(ProviderEntry)
        .values(
            id=new_id(),
            rail=place.rail,
            external_id=moved.external_id,
            kind=moved.kind,
            amount=moved.amount,
            fee=moved.fee,
            currency=moved.currency,
            source_id=moved.source_id,
            at=moved.at,
            data={},
        )
        .on_conflict_do_nothing(index_elements=["rail", "external_id"])
        .returning(ProviderEntry.id)
    ).scalar()
    if made is not None and moved.fee:
        _book(place, FEE, moved, Kind.PROVIDER_FEE, -moved.fee)


def check(place: Place) -> int:
    """Finds for each movement the entry that tells of it. How many are still without one."""
    waiting = queries.unchecked(place.rail, clock.now() - LOOKS_BACK, BATCH)
    left = [one for one in waiting if not _agrees(place, one)]
    for one in left:
        if one.at < clock.now() - GRACE:
            cases.open_case(
                place.rail, NO_ENTRY, one.external_id,
                movement=one.kind, amount=one.amount, currency=one.currency, source=one.source_id,
            )  # fmt: skip
    return len(left)


def check_books(place: Place, read_until: datetime) -> None:
    """The other way round: what we booked and the provider does not tell of."""
    until = min(read_until, clock.now()) - GRACE
    for booked in _unexplained(place, until):
        cases.open_case(place.rail, NO_MOVEMENT, str(booked.id), cause=booked.cause)


def check_balance(place: Place, totals: dict[str, int]) -> None:
    """All of it together, asked for when nothing moved for a while."""
    for currency in sorted(totals.keys() | ledger_currencies(place)):
        ours = ledger.balance(Account(place.clearing, currency)).posted
        difference = totals.get(currency, 0) - ours
        if difference:
            cases.open_case(
                place.rail, BALANCE, f"{currency}:{difference}",
                theirs=totals.get(currency, 0), ours=ours, currency=currency,
            )  # fmt: skip


def ledger_currencies(place: Place) -> set[str]:
    return {total.currency for total in ledger.trial_balance() if total.kind is place.clearing}


def _agrees(place: Place, moved: ProviderEntry) -> bool:
    entry_id = _entry_of(place, moved)
    if entry_id is None:
        return False
    moved.entry_id, moved.checked_at = entry_id, clock.now()
    db.session.flush()
    cases.settle(place.rail, NO_ENTRY, moved.external_id, BOOKED_LATER)
    return True


def _entry_of(place: Place, moved: ProviderEntry) -> UUID | None:
    if moved.kind in TO_BANK:
        return _book(place, BANK, moved, Kind.BANK, moved.amount)
    if moved.kind in CHARGES:
        return _book(place, FEE, moved, Kind.PROVIDER_FEE, moved.amount)
    return _booked(place, moved)


def _booked(place: Place, moved: ProviderEntry) -> UUID | None:
    """Ours, if it names the same thing, moved the same amount, and no other movement is it."""
    if moved.source_id is None:
        return None
    found = ledger.entries_about("event", moved.source_id)
    fitting = [one for one in found if _moves(place, one, moved.currency) == moved.amount]
    taken = queries.explained([one.id for one in fitting])
    return next((one.id for one in fitting if one.id not in taken), None)


def _moves(place: Place, booked: Booked, currency: str) -> int:
    return sum(
        leg.amount
        for leg in booked.legs
        if leg.account.kind is place.clearing and leg.account.currency == currency
    )


def _book(place: Place, kind: str, moved: Movement | ProviderEntry, other: Kind, amount: int) -> UUID:
    """`amount` more at the provider, and as much less elsewhere."""
    legs = (
        Leg(Account(place.clearing, moved.currency), amount),
        Leg(Account(other, moved.currency), -amount),
    )
    refs = {"movement": moved.external_id}
    cause = f"{kind.replace('_', '-')}:{place.rail}:{moved.external_id}"
    return post(Entry(cause, kind, legs, refs=refs)).id


def _unexplained(place: Place, until: datetime) -> Sequence[Booked]:
    found = queries.unexplained_entries(place.clearing, clock.now() - LOOKS_BACK, until, (FEE, BANK), BATCH)
    return [ledger.entry(one) for one in found]


def agreed(rail: str) -> bool:
    """Whether there is nothing left to look for."""
    open_ = select(ProviderEntry.id).where(
        ProviderEntry.rail == rail,
        ProviderEntry.checked_at.is_(None),
        ProviderEntry.at > clock.now() - LOOKS_BACK,
    )
    return db.session.scalars(open_.limit(1)).first() is None
