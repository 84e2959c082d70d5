"""Are the books whole? Reads them as they were at one moment, and names the first rows that are not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from app.extensions import db
from app.kit import clock
from app.kit.ids import first_of
from app.ledger.models import LedgerCheck
from app.platform.transaction import transaction

FIRST = 5
NOTHING = UUID(int=0)
# What was written while the last look was taken is looked at again.
LATELY = timedelta(minutes=15)

MOMENT = text("set transaction isolation level repeatable read, read only")
# The books grow; whoever waits for an answer here is a clock.
NO_HURRY = text("set local statement_timeout = 0")

COUNT = text("select count(*) from ledger_entries where id >= :since")

# Each of these finds nothing in whole books. :since names the first entry that is looked at.
UNBALANCED = text("""
    select e.id::text, format('of %s legs there are %s, and %s do not sum to zero', e.size,
             coalesce(sum(s.legs), 0),
             coalesce(string_agg(s.currency, ', ') filter (where s.amount <> 0), 'none'))
    from ledger_entries e
    left join lateral (select currency, count(*) as legs, sum(amount) as amount from ledger_legs
                       where entry_id = e.id group by currency) s on true
    where e.id >= :since
    group by e.id, e.size
    having (coalesce(sum(s.legs), 0) = e.size and bool_and(s.amount = 0)) is not true
    order by e.id limit :first
""")
OVER_REVERSED = text("""
    with recursive above as (
      select e.reverses as root from ledger_entries e where e.reverses is not null and e.id >= :since
      union
      select e.reverses from above join ledger_entries e on e.id = above.root where e.reverses is not null
    ),
    tree as (
      select root, root as id from above
      union all
      select tree.root, later.id from tree join ledger_entries later on later.reverses = tree.id
    )
    select tree.root::text, format('more was taken back on account %s than there was', l.account_id)
    from tree join ledger_legs l on l.entry_id = tree.id
    group by tree.root, l.account_id
    having coalesce(sum(l.amount) filter (where l.entry_id = tree.root), 0) = 0
        or sign(sum(l.amount)) = -sign(sum(l.amount) filter (where l.entry_id = tree.root))
        or abs(sum(l.amount)) > abs(sum(l.amount) filter (where l.entry_id = tree.root))
    order by tree.root limit :first
""")
CAUSES = text("""
    select min(id::text), format('shares its cause %s', cause) from ledger_entries
    group by cause having count(*) > 1 order by 1 limit :first
""")
BALANCES = text("""
    select a.id::text, format('the balance says %s in %s legs, the legs %s in %s',
             b.posted, b.entries, coalesce(s.amount, 0), coalesce(s.legs, 0))
    from ledger_accounts a
    left join ledger_balances b on b.account_id = a.id
    left join (select account_id, sum(amount) as amount, count(*) as legs
               from ledger_legs group by account_id) s on s.account_id = a.id
    where (b.posted, b.entries) is distinct from (coalesce(s.amount, 0)::bigint, coalesce(s.legs, 0))
    order by a.id limit :first
""")
RUNNING = text("""
    select account_id::text, format('leg %s does not follow from the one before it', place)
    from (
      select account_id, place, amount, balance,
             lag(place, 1, 0::bigint) over w as place_before,
             lag(balance, 1, 0::bigint) over w as balance_before
      from ledger_legs window w as (partition by account_id order by place)
    ) as legs
    where place <> place_before + 1 or balance <> balance_before + amount
    order by account_id, place limit :first
""")
LAST_LEGS = text("""
    with touched as (select distinct account_id from ledger_legs where entry_id >= :since)
    select touched.account_id::text, 'the balance is not that of the last leg'
    from touched
    left join ledger_balances b on b.account_id = touched.account_id
    cross join lateral (select place, balance from ledger_legs l where l.account_id = touched.account_id
                        order by place desc limit 1) last
    where (b.posted, b.entries) is distinct from (last.balance, last.place)
    order by touched.account_id limit :first
""")
HOLDS = text("""
    select b.account_id::text, format('%s are held, by holds %s', b.held, coalesce(h.amount, 0))
    from ledger_balances b
    left join (select account_id, sum(amount) as amount
               from ledger_holds where state = 'pending' group by 1) h on h.account_id = b.account_id
    where b.held <> coalesce(h.amount, 0)
    order by b.account_id limit :first
""")

OF_ALL = {"entry": (UNBALANCED, OVER_REVERSED, CAUSES), "account": (BALANCES, RUNNING, HOLDS)}
OF_LATE = {"entry": (UNBALANCED, OVER_REVERSED), "account": (LAST_LEGS,)}


@dataclass(frozen=True, slots=True)
class Verdict:
    entries: int
    found: list[str]

    @property
    def good(self) -> bool:
        return not self.found


def verify(since: datetime | None = None) -> Verdict:
    """All of it, or what was entered since a moment."""
    first = first_of(since) if since else NOTHING
    with db.engine.connect() as connection:
        connection.execute(MOMENT)
        connection.execute(NO_HURRY)
        entries = connection.scalar(COUNT, {"since": first}) or 0
        found = [
            f"{noun} {row[0]}: {row[1]}"
            for noun, questions in (OF_LATE if since else OF_ALL).items()
            for question in questions
            for row in _ask(connection, question, first)
        ]
    return Verdict(entries, found)


def verify_and_note(*, whole: bool) -> Verdict:
    """Kept for those who look later: the page of the ledger, and what watches the house."""
    verdict = verify(None if whole else clock.now() - LATELY)
    with transaction():
        db.session.add(LedgerCheck(whole=whole, entries=verdict.entries, found=verdict.found))
    return verdict


def _ask(connection: Connection, question: Any, first: UUID) -> list[Any]:
    known = {"since": first, "first": FIRST}
    needed = {name: known[name] for name in question.compile().params}
    return list(connection.execute(question, needed))
