"""Payouts on their way, by the clock, and what providers say of accounts."""

from uuid import UUID

from app.earnings import connecting, queries, telling
from app.earnings.models import PayoutAccount
from app.earnings.operations import destinations, paying_out, planning
from app.earnings.periods import BEGINNING
from app.earnings.quoting import CARD
from app.earnings.ways import ways
from app.extensions import db
from app.payments import payouts
from app.payments import queries as payments
from app.payments.errors import Impossible, Unsure
from app.payments.operations import holding, reading
from app.payments.payouts import Order
from app.platform import outbox, schedule, work
from app.platform.transaction import transaction
from app.platform.work import Payload

BATCH = 200
LOOK, TURN = "earnings.look_at_account", "earnings:unsettled"


def init_app() -> None:
    outbox.subscribe(paying_out.ENDED, "earnings.tell_payout")
    outbox.subscribe(payouts.CHANGED, "earnings.hear")


@work.handler(paying_out.SEND, queue="payments", transactional=False)
def pay_out(payload: Payload) -> None:
    """Whoever is killed on the way is followed by somebody who asks the same again."""
    payout_id = UUID(payload["payout_id"])
    with work.recording():
        going = paying_out.set_out(payout_id)
    if going is not None:
        if going.known:
            answer = payouts.look(going.rail, going.order)
        else:
            answer = payouts.send(going.rail, going.order, again=going.again)
        with work.recording():
            paying_out.record(payout_id, answer)


@schedule.every(15, "earnings.settle_payouts")
def settle_payouts() -> None:
    """What was interrupted, or has not arrived yet, is asked about again; where many wait, in turns."""
    since = payments.read_until(TURN) or BEGINNING
    found = [(one.id, one.created_at) for one in queries.unsettled(since, BATCH)]
    for payout_id, _ in found:
        with transaction():
            paying_out.send_soon(payout_id)
    until = found[-1][1] if len(found) >= BATCH else BEGINNING
    if until != since:
        with transaction():
            reading.read_until(TURN, until)


@schedule.every(60, "earnings.planned_payouts")
def planned_payouts() -> None:
    if not holding.held():
        planning.pay_due(ways())


@schedule.every(300, "earnings.look_at_accounts")
def look_at_accounts() -> None:
    for account_id in queries.unfinished_accounts(CARD, BATCH):
        with transaction():
            work.enqueue(LOOK, {"account_id": str(account_id)}, unique_key=f"payout-account:{account_id}")


@work.handler(LOOK, queue="payments", transactional=False, max_attempts=3)
def look_at_account(payload: Payload) -> None:
    account = db.session.get_one(PayoutAccount, UUID(payload["account_id"]))
    if account.provider_id is None:
        return
    try:
        seen = connecting.look(account.provider_id)
    except (Unsure, Impossible):
        return
    with work.recording():
        destinations.record_card(account.id, seen.provider_id, seen.state, seen.wants)


@work.handler("earnings.hear", queue="payments", transactional=False)
def hear(payload: Payload) -> None:
    """A rail heard of somebody whom we pay, or of a payout: both are looked at afresh."""
    rail, subject = payload["rail"], payload["subject"]
    for name in {subject, payload["destination"]} - {"", None}:
        if (account := queries.account_called(rail, name)) is not None:
            look_at_account({"account_id": str(account)})
    payout = queries.payout_called(rail, subject)
    if payout is not None:
        answer = payouts.look(rail, Order(payout.id, "", payout.rail_amount, payout.rail_currency))
        with work.recording():
            paying_out.record_later(payout.id, answer)


@work.handler("earnings.tell_payout")
def tell_payout(payload: Payload) -> None:
    telling.payout_ended(UUID(payload["payout_id"]))
