"""Coins leave our wallet: asked for, signed and kept, sent, final. Each step is a row before it is a call."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.invoices.operations import refunding
from app.kit import clock
from app.kit.ids import new_id
from app.kit.money import readable
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.payments import telling
from app.payments.models import Case, ChainSend, ProviderEntry
from app.payments.operations import cases, holding
from app.payments.queries_solana import SHORT
from app.payments.solana.values import RAIL, SOL, Seen, Signed
from app.platform import work

UNCLEAR = "send_unclear"
REFUND, PAYOUT, COLD, RETURN = "refund", "payout", "cold", "return"
SEND_WORK = "payments.solana_send"
# After so many signatures that the network did not take, or that failed, we stop.
MOST_SIGNATURES = 5
REFUSED = "The network does not deliver to this wallet."
CALLED_OFF = "It was called off."


@dataclass(frozen=True, slots=True)
class Wish:
    """`id`: the refund's, the payout's, or that of the case about what goes back. The same again is the
    same.
    """

    id: UUID
    kind: str
    coin: str
    amount: int
    target: str


def ask(wish: Wish) -> None:
    _write(wish)
    hurry(wish.id)


def ask_anew(wish: Wish) -> None:
    """Also where it failed before: of what was signed then nothing landed."""
    _write(wish)
    row = _lock(wish.id)
    if row.state == "failed":
        row.state, row.ended_at, row.failure = "due", None, None
    hurry(wish.id)


def call_off(wish: Wish) -> bool:
    """Whether it never goes: as long as nobody signed it, and a restore forgot nothing of it. One that is
    asked for later does not either.
    """
    _write(wish)
    row = _lock(wish.id)
    if row.state == "due" and not holding.forgot(row.id):
        _fail(row, CALLED_OFF)
    return row.state == "failed"


def hurry(send_id: UUID) -> None:
    work.enqueue(SEND_WORK, {"send_id": str(send_id)}, unique_key=f"{SEND_WORK}:{send_id}")


def keep(send_id: UUID, made: Signed) -> bool:
    """Before it is sent. False where somebody else signed it meanwhile."""
    row = _lock(send_id)
    if row.state != "due":
        return False
    row.state, row.signature, row.raw, row.last_height = "sent", made.signature, made.raw, made.last_height
    cases.settle(RAIL, SHORT, str(row.id), "There is enough again.")
    if row.kind == REFUND:
        refunding.sent(row.id, made.signature)
    return True


def give_up(send_id: UUID, signature: str, why: str) -> None:
    """It did not land and cannot any more, or it failed: the next one is signed anew."""
    row = _lock(send_id)
    if row.signature != signature or row.ended_at is not None:
        return
    cases.settle(RAIL, UNCLEAR, str(row.id), "It did not land.")
    row.given_up = [*row.given_up, signature]
    row.signature = row.raw = row.last_height = None
    row.state = "due"
    if len(row.given_up) >= MOST_SIGNATURES:
        _fail(row, why)


def impossible(send_id: UUID, why: str) -> None:
    row = _lock(send_id)
    if row.state == "due":
        _fail(row, why)


def short(send_id: UUID, coin: str, there: int) -> None:
    """It waits until there is enough, and somebody is told; unless it was called off meanwhile."""
    if _lock(send_id).state == "due":
        cases.open_case(RAIL, SHORT, str(send_id), coin=coin, there=there)


def unclear(send_id: UUID) -> None:
    """It waits until a node is asked that remembers so far back, and somebody is told."""
    cases.open_case(RAIL, UNCLEAR, str(send_id))


def pay_fee(signature: str, cost: int) -> None:
    """What the network took, and what opening an account for the target cost."""
    if cost:
        legs = (
            Leg(Account(Kind.PROVIDER_FEE, SOL), cost),
            Leg(Account(Kind.CHAIN_HOT, SOL), -cost),
        )
        _note(f"{signature}:fee", "fee", -cost, SOL, signature, None)
        post(Entry(f"chain-fee:{signature}", "chain_fee", legs, refs={"event": f"{signature}:fee"}))


def succeed(send_id: UUID, seen: Seen) -> None:
    """Final. Who asked for it hears of it."""
    row = _lock(send_id)
    if row.ended_at is not None:
        return
    row.state, row.ended_at, row.signature = "succeeded", clock.now(), seen.signature
    for kind in (UNCLEAR, SHORT):
        cases.settle(RAIL, kind, str(row.id), "It landed.")
    _note(f"{seen.signature}:out", "out", -row.amount, row.coin, seen.signature, row)
    hot = Account(Kind.CHAIN_HOT, row.coin)
    if row.kind == REFUND:
        refunding.sent(row.id, seen.signature)
        refunding.went_back(row.id, hot)
    elif row.kind == COLD:
        legs = (Leg(Account(Kind.CHAIN_COLD, row.coin), row.amount), Leg(hot, -row.amount))
        post(Entry(f"chain-cold:{row.id}", "to_cold", legs, refs={"event": seen.signature}))
    elif row.kind == RETURN:
        legs = (Leg(Account(Kind.UNKNOWN, row.coin), row.amount), Leg(hot, -row.amount))
        post(Entry(f"chain-return:{row.id}", "returned", legs, refs={"event": seen.signature}))
        _tell_payer(row)
        cases.went_back(row.id)


def _tell_payer(row: ChainSend) -> None:
    """Where what they sent named an invoice."""
    if invoice_id := db.session.get_one(Case, row.id).detail.get("invoice_id"):
        telling.coins_went_back(UUID(invoice_id), readable(row.amount, row.coin))


def _write(wish: Wish) -> None:
    values = {"state": "due", "given_up": [], "created_at": clock.now()}
    made = insert(ChainSend).values(
        id=wish.id, kind=wish.kind, coin=wish.coin, amount=wish.amount, target=wish.target, **values
    )
    db.session.execute(made.on_conflict_do_nothing(index_elements=["id"]))


def _fail(row: ChainSend, why: str) -> None:
    row.state, row.ended_at, row.failure = "failed", clock.now(), why
    cases.settle(RAIL, SHORT, str(row.id), why)
    if row.kind == REFUND:
        refunding.could_not_go_back(row.id, why)
    elif row.kind == COLD:
        cases.open_case(RAIL, "cold_failed", str(row.id), coin=row.coin, amount=row.amount)


def _note(name: str, kind: str, amount: int, coin: str, signature: str, row: ChainSend | None) -> None:
    made = insert(ProviderEntry).values(
        id=new_id(),
        rail=RAIL,
        external_id=name,
        kind=kind,
        amount=amount,
        fee=0,
        currency=coin,
        source_id=row.target if row else None,
        at=clock.now(),
        data={"signature": signature, "payout": str(row.id) if row else None},
    )
    db.session.execute(made.on_conflict_do_nothing(index_elements=["rail", "external_id"]))


def _lock(send_id: UUID) -> ChainSend:
    found = select(ChainSend).where(ChainSend.id == send_id).with_for_update()
    return db.session.scalars(found.execution_options(populate_existing=True)).one()
