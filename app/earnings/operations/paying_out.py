"""A payout's life: asked for, on its way, there; or back where it came from."""

from dataclasses import dataclass
from uuid import UUID

from app.accounts.queries import has_left
from app.earnings import queries, words
from app.earnings.errors import NotThere, OneAtATime, OnItsWay, TooLittle, WrongCurrency
from app.earnings.models import Payout, PayoutAccount
from app.earnings.operations import destinations
from app.earnings.operations.locking import lock
from app.earnings.quoting import least, quote
from app.extensions import db
from app.invoices.operations.bookings import Move, exchange
from app.kit import clock
from app.kit.ids import new_id
from app.ledger import queries as ledger
from app.ledger.chart import Kind
from app.ledger.errors import NotCovered
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.payments import payouts
from app.payments.operations import holding
from app.payments.payouts import Answer, Failed, Order, Sender, Sent
from app.platform import audit, outbox, work
from app.platform.audit import Action
from app.platform.errors import NotFound

SEND, ENDED = "earnings.pay_out", "payout.ended"


@dataclass(frozen=True, slots=True)
class Wish:
    """`coin`: which one, where the rail has several."""

    rail: str
    amount: int
    currency: str
    coin: str = ""


@dataclass(frozen=True, slots=True)
class Going:
    """What the rail is asked, `again` if somebody did before. `known`: it only says what became of it."""

    rail: str
    order: Order
    again: bool
    known: bool


def ask(creator_id: UUID, wish: Wish, *, asked_by: UUID | None) -> Payout:
    """Out of what is free, and nothing else; the rail is asked after the commit."""
    lock(creator_id)
    return begin(creator_id, destinations.usable(creator_id, wish.rail), wish, asked_by)


def begin(creator_id: UUID, account: PayoutAccount, wish: Wish, asked_by: UUID | None) -> Payout:
    """The caller holds the creator's lock. What is refused here leaves nothing behind."""
    quoted = quote(account.rail, wish.amount, wish.currency, wish.coin)
    if quoted is None:
        raise WrongCurrency(wish.currency)
    if wish.amount < least(wish.currency):
        raise TooLittle(least(wish.currency), wish.currency)
    if any(one.currency == wish.currency for one in queries.living(creator_id)):
        raise OneAtATime(wish.currency)
    payout = Payout(
        id=new_id(),
        creator_id=creator_id,
        account_id=account.id,
        rail=account.rail,
        amount=wish.amount,
        currency=wish.currency,
        rail_amount=quoted.amount,
        rail_currency=quoted.currency,
        rate=quoted.rate,
        rate_source=quoted.source,
        state="due",
        asked_by=asked_by,
        created_at=clock.now(),
    )
    _leave(payout)
    db.session.add(payout)
    db.session.flush()
    send_soon(payout.id)
    _note(Action.PAYOUT_ASKED, payout, actor=asked_by)
    return payout


def cancel(payout_id: UUID, creator_id: UUID) -> None:
    """As long as nobody began to send it."""
    payout = _lock(payout_id)
    if payout.creator_id != creator_id:
        raise NotFound
    if payout.failure_code == words.CANCELLED:
        return
    if payout.state != "due":
        raise OnItsWay
    _call_off(payout)


def call_off(account: PayoutAccount) -> bool:
    """What nobody began to send there, or whose rail has it only on paper. Whether that was all; the caller
    holds the creator's lock.
    """
    going = [one for one in queries.living(account.creator_id) if one.account_id == account.id]
    for payout in map(_lock, sorted(one.id for one in going)):
        if payout.state == "due" or payouts.call_off(payout.rail, _order(payout, account)):
            _call_off(payout)
    return all(one.state == "failed" for one in going)


def send_soon(payout_id: UUID) -> None:
    """Once, however often it is asked for."""
    work.enqueue(SEND, {"payout_id": str(payout_id)}, unique_key=f"payout:{payout_id}")


def set_out(payout_id: UUID) -> Going | None:
    """From now on it may be with the rail, and cannot be called off. None once it has an end,
    and while nothing may leave after a restore.
    """
    payout = _lock(payout_id)
    if payout.ended_at is not None or (payout.state == "due" and holding.held()):
        return None
    again, payout.state = payout.state == "sent", "sent"
    account = db.session.get_one(PayoutAccount, payout.account_id)
    return Going(payout.rail, _order(payout, account), again=again, known=payout.provider_id is not None)


def record(payout_id: UUID, answer: Answer) -> None:
    """What the rail says. The same again changes nothing; where it does not know, it is asked again."""
    payout = _lock(payout_id)
    if payout.ended_at is not None:
        return
    if isinstance(answer, Sent):
        payout.provider_id = answer.provider_id
        if answer.final:
            _arrive(payout)
    elif isinstance(answer, Failed):
        _come_back(payout, answer.code, answer.words)
        _end(Action.PAYOUT_FAILED, payout)


def record_later(payout_id: UUID, answer: Answer) -> None:
    """What the rail says of one that had arrived: it may have been taken back since."""
    payout = _lock(payout_id)
    if payout.state == "paid" and isinstance(answer, Failed):
        _come_back_from_there(payout, answer)


def _order(payout: Payout, account: PayoutAccount) -> Order:
    return Order(payout.id, account.provider_id or "", payout.rail_amount, payout.rail_currency)


def _call_off(payout: Payout) -> None:
    _come_back(payout, words.CANCELLED, "You called it off.")
    _note(Action.PAYOUT_FAILED, payout, actor=payout.creator_id)


def _leave(payout: Payout) -> None:
    available = Account(Kind.CREATOR_AVAILABLE, payout.currency, payout.creator_id)
    legs = (Leg(available, payout.amount, covered=True), Leg(_transit(payout), -payout.amount))
    try:
        post(Entry(f"payout:{payout.id}", "payout", legs, actor_id=payout.asked_by, refs=_refs(payout)))
    except NotCovered:
        raise NotThere(ledger.balance(available).available, payout.currency) from None


def _arrive(payout: Payout) -> None:
    payout.state, payout.ended_at = "paid", clock.now()
    out_of = Account(_sender_of(payout).out_of, payout.rail_currency)
    moves = exchange(_transit(payout), out_of, payout.amount, payout.rail_amount)
    _post(payout, f"payout-paid:{payout.id}", "payout_paid", moves)
    _end(Action.PAYOUT_SENT, payout)


def _come_back(payout: Payout, code: str, said: str) -> None:
    payout.state, payout.ended_at = "failed", clock.now()
    payout.failure_code, payout.failure = code, said
    moves = [(_transit(payout), payout.amount), (_available(payout), -payout.amount)]
    _post(payout, f"payout-failed:{payout.id}", "payout_failed", moves)


def _come_back_from_there(payout: Payout, answer: Failed) -> None:
    payout.state, payout.failure_code, payout.failure = "failed", answer.code, answer.words
    into = Account(_sender_of(payout).out_of, payout.rail_currency)
    moves = exchange(into, _available(payout), payout.rail_amount, payout.amount)
    _post(payout, f"payout-returned:{payout.id}", "payout_failed", moves)
    _end(Action.PAYOUT_FAILED, payout)


def _post(payout: Payout, cause: str, kind: str, moves: list[Move]) -> None:
    post(Entry(cause, kind, tuple(Leg(account, amount) for account, amount in moves), refs=_refs(payout)))


def _end(action: Action, payout: Payout) -> None:
    _note(action, payout, actor=None)
    outbox.emit(ENDED, {"payout_id": str(payout.id)})


def _sender_of(payout: Payout) -> Sender:
    found = payouts.sender(payout.rail)
    assert found is not None, "it was the rail that answered"
    return found


def _available(payout: Payout) -> Account:
    """Who left has no balance any more; what comes back for them is the house's."""
    if has_left(payout.creator_id):
        return Account(Kind.FORFEITED_CREDIT, payout.currency)
    return Account(Kind.CREATOR_AVAILABLE, payout.currency, payout.creator_id)


def _transit(payout: Payout) -> Account:
    return Account(Kind.PAYOUT_TRANSIT, payout.currency, payout.creator_id)


def _refs(payout: Payout) -> dict[str, str]:
    named = {"payout": str(payout.id)}
    return named | {"event": payout.provider_id} if payout.provider_id else named


def _note(action: Action, payout: Payout, actor: UUID | None) -> None:
    audit.record(
        action,
        actor=actor,
        subject=("payout", payout.id),
        creator=str(payout.creator_id),
        rail=payout.rail,
        amount=payout.amount,
        currency=payout.currency,
        state=payout.state,
    )


def _lock(payout_id: UUID) -> Payout:
    found = db.session.get(Payout, payout_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    return found
