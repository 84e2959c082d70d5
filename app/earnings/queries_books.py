"""What the ledger says of a creator's earnings. Every figure on their pages comes from here.

Theirs are three accounts a currency: earned and not yet free, free, held in disputes. What an entry changes on
the three together is `change`; what of the same entry went to the house and to the state is `fee` and `tax`;
all of it together is what somebody paid, or got back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.extensions import db
from app.earnings.periods import Period, months_back
from app.kit.ids import first_of

BEST = 10
# An entry's id is made a moment before it is posted.
A_MOMENT = timedelta(hours=1)
MOVED = text("""
    with mine as (
      select l.entry_id, l.currency, sum(l.amount * a.sign)::bigint as change
      from ledger_accounts a join ledger_legs l on l.account_id = a.id
      where a.owner_id = :creator and a.kind in ('creator_pending', 'creator_available', 'creator_held')
        and l.entry_id >= :first
      group by l.entry_id, l.currency
    )
    select mine.currency, date_trunc(:unit, e.occurred_at, 'UTC') as step, e.kind, i.kind as sold,
           count(*)::bigint as entries, sum(mine.change)::bigint as change,
           sum(house.fee)::bigint as fee, sum(house.tax)::bigint as tax
    from mine
    join ledger_entries e on e.id = mine.entry_id
    left join invoices i on i.id = (e.refs ->> 'invoice')::uuid
    cross join lateral (
      select coalesce(-sum(l.amount) filter (where a.kind = 'platform_fee'), 0) as fee,
             coalesce(-sum(l.amount) filter (where a.kind = 'tax_due'), 0) as tax
      from ledger_legs l join ledger_accounts a on a.id = l.account_id
      where l.entry_id = e.id and l.currency = mine.currency
    ) house
    where e.occurred_at >= :since and e.occurred_at < :until and e.kind <> 'release'
    group by 1, 2, 3, 4
    order by 1, 2, 3, 4
""")
BEFORE = text("""
    select l.currency, sum(l.amount * a.sign)::bigint as balance
    from ledger_accounts a
    join ledger_legs l on l.account_id = a.id
    join ledger_entries e on e.id = l.entry_id
    where a.owner_id = :creator and a.kind in ('creator_pending', 'creator_available', 'creator_held')
      and e.occurred_at < :until
    group by l.currency
""")
# By posts: what was paid to open them, and tips on them.
OF_POSTS = text("""
    with mine as (
      select l.entry_id, sum(l.amount * a.sign)::bigint as change
      from ledger_accounts a join ledger_legs l on l.account_id = a.id
      where a.owner_id = :creator and a.kind in ('creator_pending', 'creator_available', 'creator_held')
        and a.currency = :currency and l.entry_id >= :first
      group by l.entry_id
    )
    select p.id, p.title, sum(mine.change)::bigint as change,
           count(*) filter (where e.kind = 'sale') as sales
    from mine
    join ledger_entries e on e.id = mine.entry_id
    join invoices i on i.id = (e.refs ->> 'invoice')::uuid
    left join tips t on t.invoice_id = i.id and t.on_kind = 'post'
    left join lateral (
      select subject_id from invoice_lines where invoice_id = i.id and product is not null order by n limit 1
    ) line on true
    join posts p on p.id = coalesce(t.on_id, line.subject_id)
    where e.occurred_at >= :since and e.occurred_at < :until and e.kind <> 'release'
    group by p.id, p.title
    order by change desc, p.id desc
    limit :best
""")
OF_FANS = text("""
    with mine as (
      select l.entry_id, sum(l.amount * a.sign)::bigint as change
      from ledger_accounts a join ledger_legs l on l.account_id = a.id
      where a.owner_id = :creator and a.kind in ('creator_pending', 'creator_available', 'creator_held')
        and a.currency = :currency and l.entry_id >= :first
      group by l.entry_id
    )
    select u.handle, u.display_name, u.state, sum(mine.change)::bigint as change,
           count(*) filter (where e.kind = 'sale') as sales
    from mine
    join ledger_entries e on e.id = mine.entry_id
    join invoices i on i.id = (e.refs ->> 'invoice')::uuid
    join users u on u.id = i.user_id
    where e.occurred_at >= :since and e.occurred_at < :until and e.kind <> 'release'
    group by u.id
    order by change desc, u.id desc
    limit :best
""")
COMING = text("""
    select l.currency, date_trunc('day', i.available_at, 'UTC') as day, sum(l.amount * a.sign)::bigint as amount
    from invoices i
    join ledger_entries e on e.refs @> jsonb_build_object('invoice', i.id)
    join ledger_legs l on l.entry_id = e.id
    join ledger_accounts a on a.id = l.account_id
    where i.seller_id = :creator and i.paid_at is not null and i.released_at is null
      and a.owner_id = :creator and a.kind = 'creator_pending'
    group by 1, 2
    having sum(l.amount) <> 0
    order by 1, 2
""")
HELD = text("""
    select d.id, d.invoice_id, d.currency, d.held as amount, d.reason, d.opened_at, d.answer_by, line.label
    from disputes d
    join invoices i on i.id = d.invoice_id
    left join lateral (select label from invoice_lines where invoice_id = i.id order by n limit 1) line on true
    where i.seller_id = :creator and d.state = 'open' and d.held > 0
    order by d.opened_at, d.id
""")
SPAN = text("""
    select min(e.occurred_at)
    from ledger_accounts a
    join ledger_legs l on l.account_id = a.id and l.place = 1
    join ledger_entries e on e.id = l.entry_id
    where a.owner_id = :creator and a.kind in ('creator_pending', 'creator_available', 'creator_held')
""")
ENTRIES = text("""
    with mine as (
      select l.entry_id, l.currency,
             coalesce(sum(l.amount * a.sign) filter (where a.kind = 'creator_pending'), 0)::bigint as pending,
             coalesce(sum(l.amount * a.sign) filter (where a.kind = 'creator_available'), 0)::bigint as available,
             coalesce(sum(l.amount * a.sign) filter (where a.kind = 'creator_held'), 0)::bigint as held
      from ledger_accounts a join ledger_legs l on l.account_id = a.id
      where a.owner_id = :creator and a.kind in ('creator_pending', 'creator_available', 'creator_held')
        and l.entry_id >= :first
      group by l.entry_id, l.currency
    )
    select e.id, e.occurred_at, e.kind, mine.currency, mine.pending, mine.available, mine.held,
           house.fee::bigint as fee, house.tax::bigint as tax,
           i.number, i.kind as sold, u.handle, line.label
    from mine
    join ledger_entries e on e.id = mine.entry_id
    left join invoices i on i.id = (e.refs ->> 'invoice')::uuid
    left join users u on u.id = i.user_id and u.state <> 'deleted'
    left join lateral (select label from invoice_lines where invoice_id = i.id order by n limit 1) line on true
    cross join lateral (
      select coalesce(-sum(l.amount) filter (where a.kind = 'platform_fee'), 0) as fee,
             coalesce(-sum(l.amount) filter (where a.kind = 'tax_due'), 0) as tax
      from ledger_legs l join ledger_accounts a on a.id = l.account_id
      where l.entry_id = e.id and l.currency = mine.currency
    ) house
    where e.occurred_at >= :since and e.occurred_at < :until
    order by e.id
""")


@dataclass(frozen=True, slots=True)
class Moved:
    """Entries of one kind, about invoices of one kind (`sold`), in one step of a period."""

    currency: str
    step: datetime
    kind: str
    sold: str | None
    entries: int
    change: int
    fee: int
    tax: int

    @property
    def gross(self) -> int:
        return self.change + self.fee + self.tax


@dataclass(frozen=True, slots=True)
class Coming:
    currency: str
    day: datetime
    amount: int


def moved(creator_id: UUID, period: Period) -> list[Moved]:
    """Of all currencies."""
    return [Moved(*row) for row in _ask(MOVED, creator_id, period, unit=period.unit)]


def balances_before(creator_id: UUID, until: datetime) -> dict[str, int]:
    """What stood on their three accounts together, by currency."""
    return {row[0]: row[1] for row in db.session.execute(BEFORE, {"creator": creator_id, "until": until})}


def best_posts(creator_id: UUID, period: Period, currency: str) -> Sequence[Any]:
    return _ask(OF_POSTS, creator_id, period, currency=currency, best=BEST)


def best_fans(creator_id: UUID, period: Period, currency: str) -> Sequence[Any]:
    return _ask(OF_FANS, creator_id, period, currency=currency, best=BEST)


def coming(creator_id: UUID) -> list[Coming]:
    """What becomes free, day by day."""
    return [Coming(*row) for row in db.session.execute(COMING, {"creator": creator_id})]


def held(creator_id: UUID) -> Sequence[Any]:
    """What waits for the end of a dispute, the oldest first."""
    return db.session.execute(HELD, {"creator": creator_id}).all()


def first_moved(creator_id: UUID) -> datetime | None:
    found: datetime | None = db.session.execute(SPAN, {"creator": creator_id}).scalar()
    return found


def entries(creator_id: UUID, period: Period) -> Iterator[Any]:
    """A month at a time: somebody's history may be long."""
    first = first_moved(creator_id)
    since = max(period.since, first) if first else period.until
    for month in reversed(list(months_back(since))):
        part = Period("", "", "month", max(month.since, period.since), min(month.until, period.until))
        yield from _ask(ENTRIES, creator_id, part)


def _ask(question: Any, creator_id: UUID, period: Period, **more: object) -> Sequence[Any]:
    values = {"since": period.since, "until": period.until, "first": first_of(period.since - A_MOMENT)}
    return db.session.execute(question, {"creator": creator_id, **values, **more}).all()
