"""Posting, and taking back what was posted. One round trip, whatever the number of entries.

    post(Entry("invoice:...:paid", "sale", (
        Leg(Account(Kind.CARD_CLEARING, "USD"), 500),
        Leg(Account(Kind.CREATOR_PENDING, "USD", creator_id), -450),
        Leg(Account(Kind.PLATFORM_FEE, "USD"), -50),
    ), refs={"invoice": ..., "event": ...}))

Several entries of one transaction belong into one `post_all`: it locks all their accounts in order, so
that two of them never wait for each other.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.extensions import WriteOutsideTransaction, db
from app.kit import clock
from app.kit.ids import new_id
from app.ledger import queries
from app.ledger.batches import columns, same_legs
from app.ledger.entries import Account, Entry, Leg
from app.ledger.errors import CauseReused, HoldGone, NotCovered, OverReversed
from app.ledger.parts import Part, Slice, taken_back
from app.platform.errors import Refused
from app.platform.transaction import in_transaction

__all__ = ["Account", "Entry", "Leg", "Part", "Posted", "post", "post_all", "reverse"]

CALL = """
    select ledger_post(
      :now, cast(:ids as uuid[]), cast(:causes as text[]), cast(:kinds as text[]), cast(:sizes as smallint[]),
      cast(:about as jsonb[]), cast(:owners as uuid[]), cast(:account_kinds as text[]),
      cast(:currencies as text[]), cast(:shards as smallint[]), cast(:signs as smallint[]),
      cast(:covers as boolean[]), cast(:spans as integer[]), cast(:leg_entries as integer[]),
      cast(:leg_places as smallint[]), cast(:amounts as bigint[]), cast(:roots as uuid[]),
      cast(:hold_ids as uuid[]), cast(:hold_entries as integer[])
    )
"""
POST = text(CALL)
# Undoes what it wrote where something is refused; costs more.
ATTEMPT = text(CALL.replace("ledger_post", "ledger_attempt"))
REFUSALS: dict[str, type[Refused]] = {
    "not_covered": NotCovered,
    "hold_gone": HoldGone,
    "over_reversed": OverReversed,
}


@dataclass(frozen=True, slots=True)
class Posted:
    """`fresh` is False where the same was posted before: then `id` is the one of then."""

    id: UUID
    fresh: bool


def post(entry: Entry) -> Posted:
    return post_all([entry])[0]


def post_all(entries: Sequence[Entry]) -> list[Posted]:
    """All or none. What is refused here leaves the transaction as it was."""
    if not in_transaction():
        raise WriteOutsideTransaction("posting outside transaction()")
    if len({entry.cause for entry in entries}) < len(entries):
        raise ValueError("a cause stands twice in one batch")
    posted = {entry.cause: Posted(new_id(), fresh=True) for entry in entries}
    while fresh := [(posted[entry.cause].id, entry) for entry in entries if posted[entry.cause].fresh]:
        # In the order of causes, so that two batches with the same ones do not wait for each other.
        fresh.sort(key=lambda one: one[1].cause)
        call = ATTEMPT if len(fresh) > 1 or fresh[0][1].refusable else POST
        refusal = db.session.scalar(call, {"now": clock.now(), **columns(fresh)})
        if refusal is None:
            break
        if refusal != "known":
            raise REFUSALS[refusal]
        posted |= {cause: Posted(booked.id, fresh=False) for cause, booked in _known(entries).items()}
    return [posted[entry.cause] for entry in entries]


def _known(entries: Sequence[Entry]) -> dict[str, queries.Booked]:
    """Those that were posted before, which must have said the same."""
    known = {booked.cause: booked for booked in queries.entries_of([entry.cause for entry in entries])}
    for entry in entries:
        booked = known.get(entry.cause)
        if booked and not (
            (booked.kind, booked.reverses) == (entry.kind, entry.reverses)
            and same_legs([Leg(leg.account, leg.amount) for leg in booked.legs], entry)
        ):
            raise CauseReused(entry.cause)
    return known


def reverse(
    entry_id: UUID,
    *,
    cause: str,
    part: Part | Sequence[int] | None = None,
    kind: str = "reversal",
    **about: Any,
) -> Posted:
    """Takes back what is left of an entry, a part of it, or so much of each leg.

    `about`: what else an entry says (actor_id, refs, note).
    """
    original, earlier = queries.entry(entry_id), queries.entry_of(cause)
    if earlier is not None:
        return _same_again(earlier, original, part)
    left = queries.standing(entry_id)
    legs = original.legs
    amounts = _amounts([Slice(leg.account.currency, leg.amount, left[leg.account_id]) for leg in legs], part)
    taken = tuple(Leg(leg.account, -amount) for leg, amount in zip(legs, amounts, strict=True) if amount)
    if not taken:
        raise OverReversed
    return post(Entry(cause, kind, taken, reverses=entry_id, **about))


def _amounts(legs: Sequence[Slice], part: Part | Sequence[int] | None) -> list[int]:
    if part is None:
        return [leg.left for leg in legs]
    if isinstance(part, Part):
        return taken_back(legs, part)
    return [amount if leg.amount > 0 else -amount for leg, amount in zip(legs, part, strict=True)]


def _same_again(
    earlier: queries.Booked, original: queries.Booked, part: Part | Sequence[int] | None
) -> Posted:
    """How a part was spread over the legs depends on what was left of them then; its sums do not."""
    same = earlier.reverses == original.id
    if isinstance(part, Part):
        same = same and _sums(earlier) == +Counter(
            {key: part.of(sum_) for key, sum_ in _sums(original).items()}
        )
    elif part is not None:
        wanted = {leg.account: amount for leg, amount in zip(original.legs, part, strict=True) if amount}
        same = same and wanted == {leg.account: abs(leg.amount) for leg in earlier.legs}
    if not same:
        raise CauseReused(earlier.cause)
    return Posted(earlier.id, fresh=False)


def _sums(booked: queries.Booked) -> Counter[str]:
    """What moved, by currency."""
    sums = Counter[str]()
    for leg in booked.legs:
        sums[leg.account.currency] += max(leg.amount, 0)
    return sums
