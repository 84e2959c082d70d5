"""What falls due by the clock."""

import contextlib
from collections.abc import Callable

from workers.doubles.cards import balance, disputes, paying, payouts, refunds, sessions
from workers.doubles.cards.errors import ApiError, Body
from workers.doubles.cards.store import Books

Task = Callable[[Books, Body], object]


def _expire_session(books: Books, session: Body) -> None:
    if session["status"] == "open":
        sessions.close(books, session)


def _dispute(books: Books, charge: Body) -> None:
    disputes.begin(books, charge)


def _overdue(books: Books, dispute: Body) -> None:
    if dispute["status"] == "needs_response":
        dispute["evidence_details"]["past_due"] = True
        disputes.close(books, dispute, won=False)


def _decided(*, won: bool) -> Task:
    def decide(books: Books, dispute: Body) -> None:
        if dispute["status"] in disputes.OPEN:
            disputes.close(books, dispute, won=won)

    return decide


def _fail_refund(books: Books, refund: Body) -> None:
    if refund["status"] == "succeeded":
        refunds.fail(books, refund)


def _answered(*, honoured: bool) -> Task:
    return lambda books, intent: paying.bank_answered(books, intent, honoured=honoured)


def _pay_out(books: Books, account: Body) -> None:
    if account["payouts_enabled"]:
        payouts.pay_all(books.of(account["id"]))


TASKS: dict[str, Task] = {
    "bank_honoured": _answered(honoured=True),
    "bank_refused": _answered(honoured=False),
    "dispute": _dispute,
    "dispute_lost": _decided(won=False),
    "dispute_overdue": _overdue,
    "dispute_won": _decided(won=True),
    "expire_session": _expire_session,
    "fail_refund": _fail_refund,
    "pay_out": _pay_out,
    "payout_arrives": payouts.arrive,
}


def work_off(books: Books) -> int:
    """Do what is due in the order of its times, each at its own time; how much it was."""
    done, now = 0, books.now
    while row := _next(books, now):
        key, due, name, subject = row
        books.sql.execute("delete from tasks where id = ?", (key,))
        books.now = due
        balance.settle(books)
        owner, body = books.owned(subject)
        if body is not None:
            # Somebody may have been quicker: cancelled, refunded or answered it meanwhile.
            with contextlib.suppress(ApiError), books.attempt():
                TASKS[name](owner, body)
        done += 1
    books.now = now
    balance.settle(books)
    return done


def _next(books: Books, now: int) -> tuple[int, int, str, str] | None:
    row = books.sql.execute(
        "select id, due, name, subject from tasks where due <= ? order by due, id limit 1", (now,)
    ).fetchone()
    return (row[0], row[1], row[2], row[3]) if row else None
