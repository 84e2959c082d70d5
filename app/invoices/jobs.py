"""What becomes of invoices by the clock, and who hears of what happened to them."""

from uuid import UUID

from app.extensions import db
from app.invoices import telling
from app.invoices.models import Dispute
from app.invoices.operations import disputing, ending, leaving, receiving, refunding, releasing, settling
from app.platform import outbox, schedule, work
from app.platform.work import Payload


def init_app() -> None:
    outbox.subscribe(settling.PAID, "invoices.tell_paid")
    outbox.subscribe(receiving.CAME_IN, ending.TELL_WORK)
    outbox.subscribe(refunding.REFUNDED, "invoices.tell_refunded")
    outbox.subscribe(refunding.FAILED, "invoices.tell_refund_failed")
    outbox.subscribe(disputing.OPENED, "invoices.tell_disputed")
    outbox.subscribe(disputing.CLOSED, "invoices.tell_disputed")


@schedule.every(15, "invoices.expire")
def expire() -> None:
    ending.expire_due()


@schedule.every(60, "invoices.release")
def release() -> None:
    releasing.release_due()


@work.handler("invoices.tell_paid")
def tell_paid(payload: Payload) -> None:
    telling.paid(UUID(payload["invoice_id"]))


@work.handler(ending.TELL_WORK)
def tell_money_came_in(payload: Payload) -> None:
    leaving.give_back_unclaimed(UUID(payload["invoice_id"]))
    telling.money_came_in(UUID(payload["invoice_id"]))


@work.handler("invoices.tell_refunded")
def tell_refunded(payload: Payload) -> None:
    telling.refunded(payload["refund_ids"], payload.get("taken", 0))


@work.handler("invoices.tell_refund_failed")
def tell_refund_failed(payload: Payload) -> None:
    telling.refund_failed(UUID(payload["refund_id"]), payload.get("credit"))


@work.handler("invoices.tell_disputed")
def tell_disputed(payload: Payload) -> None:
    dispute = db.session.get_one(Dispute, UUID(payload["dispute_id"]))
    leaving.give_back_unclaimed(dispute.invoice_id)
    telling.disputed(dispute.id)
