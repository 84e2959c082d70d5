"""What a provider says moved, against what we booked. A case for each difference; fees are booked from it."""

import logging
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
from app.payments.operations import cases, reading

log = logging.getLogger(__name__)

# How long each side may take to hear of what the other has.
GRACE = timedelta(hours=1)
# Older differences are with somebody already.
LOOKS_BACK = timedelta(days=30)
# Booked by us because of what the provider says.
FEE, BANK = "provider_fee", "bank"
# What it charges for by itself is a fee too; the same movement may have one besides.
CHARGE = "provider_charge"
NO_ENTRY, NO_MOVEMENT, BALANCE = "no_entry", "no_movement", "balance"
BOOKED_LATER = "It was booked later, and agrees."
MOVED_LATER = "The provider told of it later, and it agrees."
OVER = "Both say the same again, or differ by something else."
BATCH = 500

# Between the provider and our bank; and what it charges for by itself.
TO_BANK = frozenset(
    {"payout", "payout_cancel", "payout_failure", "payout_reversal", "topup", "topup_reversal"}
)
TRANSFER, TAKEN_BACK = "transfer", "transfer_refund"
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
    """Finds for each movement the entry that tells of it; many have turns. How many are still without one."""
    turn, horizon = f"{place.rail}:unchecked", clock.now() - LOOKS_BACK
    since = max(queries.read_until(turn) or horizon, horizon)
    waiting = queries.unchecked(place.rail, since, BATCH)
    left = [one for one in waiting if not _may_agree(place, one)]
    for one in left:
        if one.at < clock.now() - GRACE:
            cases.open_case(
                place.rail, NO_ENTRY, one.external_id,
                movement=one.kind, amount=one.amount, currency=one.currency, source=one.source_id,
            )  # fmt: skip
    if len(waiting) >= BATCH:
        reading.read_until(turn, waiting[-1].at)
    elif since > horizon:
        reading.read_until(turn, horizon)
    return len(left)


def check_books(place: Place, read_until: datetime) -> None:
    """The other way round: what we booked and the provider does not tell of."""
    until = min(read_until, clock.now()) - GRACE
    for booked in _unexplained(place, until):
        cases.open_case(place.rail, NO_MOVEMENT, str(booked.id), cause=booked.cause)


def check_balance(place: Place, totals: dict[str, int]) -> None:
    """All of it together, asked for when nothing moved for a while."""
    for currency in sorted(totals.keys() | ledger_currencies(place)):
        _compare(place, currency, totals.get(currency, 0))


def _compare(place: Place, currency: str, theirs: int) -> None:
    """A difference counts when it is the same twice, as something may move while we look; and as one case
    from then until it is over. The same one again, later, is another case.
    """
    ours = ledger.balance(Account(place.clearing, currency)).posted
    last, stands = f"{place.rail}:balance:{currency}", f"{place.rail}:difference:{currency}"
    difference, stood = str(theirs - ours), queries.last_seen(stands) or "0"
    again = queries.last_seen(last) == difference
    reading.saw(last, difference)
    if not again or difference == stood.partition(" ")[0]:
        return
    cases.settle(place.rail, BALANCE, f"{currency} {stood}", OVER)
    stands_now = f"{difference} since {clock.now():%Y-%m-%d %H:%M:%S} UTC"
    reading.saw(stands, stands_now)
    if theirs != ours:
        cases.open_case(
            place.rail, BALANCE, f"{currency} {stands_now}", theirs=theirs, ours=ours, currency=currency
        )


def ledger_currencies(place: Place) -> set[str]:
    return {total.currency for total in ledger.trial_balance() if total.kind is place.clearing}


def _may_agree(place: Place, moved: ProviderEntry) -> bool:
    """One that cannot be booked does not hold up the others."""
    try:
        with db.session.begin_nested():
            return _agrees(place, moved)
    except Exception:
        # Whatever it was, it stays without an entry, and that becomes a case.
        log.exception("a movement was left as it is", extra={"movement": moved.external_id})
        return False


def _agrees(place: Place, moved: ProviderEntry) -> bool:
    if moved.amount:
        moved.entry_id = _entry_of(place, moved)
        if moved.entry_id is None:
            return False
        cases.settle(place.rail, NO_MOVEMENT, str(moved.entry_id), MOVED_LATER)
    moved.checked_at = clock.now()
    db.session.flush()
    cases.settle(place.rail, NO_ENTRY, moved.external_id, BOOKED_LATER)
    return True


def _entry_of(place: Place, moved: ProviderEntry) -> UUID | None:
    if moved.kind in TO_BANK:
        return _book(place, BANK, moved, Kind.BANK, moved.amount)
    if moved.kind in CHARGES:
        return _book(place, CHARGE, moved, Kind.PROVIDER_FEE, moved.amount)
    return _booked(place, moved)


def _booked(place: Place, moved: ProviderEntry) -> UUID | None:
    """Ours, if it names the same thing, moved the same amount, and no other movement is it."""
    found = [one for name in _names(place, moved) for one in ledger.entries_about("event", name)]
    fitting = [one for one in found if _moves(place, one, moved.currency) == moved.amount]
    taken = queries.explained([one.id for one in fitting])
    return next((one.id for one in fitting if one.id not in taken), None)


def _names(place: Place, moved: ProviderEntry) -> Sequence[str]:
    """A transfer that is taken back has a new name then; our entry has that of the transfer."""
    if moved.kind == TAKEN_BACK:
        return queries.sources(place.rail, TRANSFER, -moved.amount, moved.currency)
    return [moved.source_id] if moved.source_id else []


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
    found = queries.unexplained_entries(
        place.clearing, clock.now() - LOOKS_BACK, until, (FEE, CHARGE, BANK), BATCH
    )
    return [ledger.entry(one) for one in found]


def agreed(rail: str) -> bool:
    """Whether there is nothing left to look for."""
    open_ = select(ProviderEntry.id).where(
        ProviderEntry.rail == rail,
        ProviderEntry.checked_at.is_(None),
        ProviderEntry.at > clock.now() - LOOKS_BACK,
    )
    return db.session.scalars(open_.limit(1)).first() is None
