"""What subscriptions do by the clock, and after something happened."""

from uuid import UUID

from app.invoices.operations import receiving
from app.payments.operations import charging
from app.platform import outbox, schedule, work
from app.platform.work import Payload
from app.subscriptions import leaving, telling
from app.subscriptions.operations import (
    beginning,
    dunning,
    ending,
    gifts,
    late,
    reminding,
    renewing,
    standing,
)


def init_app() -> None:
    outbox.subscribe(beginning.BEGUN, "subscriptions.tell_begun")
    outbox.subscribe(dunning.UNPAID, "subscriptions.tell_unpaid")
    outbox.subscribe(reminding.REMINDED, "subscriptions.tell_reminded")
    outbox.subscribe(reminding.SOON, "subscriptions.tell_soon")
    outbox.subscribe(standing.CANCELLED, "subscriptions.tell_cancelled")
    outbox.subscribe(ending.ENDED, "subscriptions.tell_ended")
    outbox.subscribe(gifts.BOUGHT, "subscriptions.tell_gift")
    outbox.subscribe(gifts.REDEEMED, "subscriptions.tell_redeemed")
    outbox.subscribe(charging.FAILED, "subscriptions.charge_failed")
    outbox.subscribe(receiving.CAME_IN, "subscriptions.give_back_late")


@schedule.every(15, "subscriptions.renew")
def renew() -> None:
    renewing.renew_due()


@schedule.every(600, "subscriptions.remind")
def remind() -> None:
    reminding.remind_due()


@work.handler(ending.END_WORK)
def end(payload: Payload) -> None:
    ending.end_and_give_back(UUID(payload["subscription_id"]), payload["why"])


@work.handler(ending.CALL_OFF_WORK)
def call_off(payload: Payload) -> None:
    ending.call_off(UUID(payload["subscription_id"]))


@work.handler(gifts.BACK_WORK)
def give_gift_back(payload: Payload) -> None:
    gifts.give_back(UUID(payload["gift_id"]))


@work.handler(leaving.LEFT_WORK)
def person_left(payload: Payload) -> None:
    leaving.person_left(UUID(payload["user_id"]))


@work.handler("subscriptions.charge_failed")
def charge_failed(payload: Payload) -> None:
    if payload["off_session"]:
        dunning.look_now(UUID(payload["invoice_id"]))


@work.handler("subscriptions.give_back_late")
def give_back_late(payload: Payload) -> None:
    late.give_back(UUID(payload["invoice_id"]), UUID(payload["payment_id"]))


@work.handler("subscriptions.tell_begun")
def tell_begun(payload: Payload) -> None:
    telling.begun(UUID(payload["subscription_id"]))


@work.handler("subscriptions.tell_unpaid")
def tell_unpaid(payload: Payload) -> None:
    telling.unpaid(UUID(payload["subscription_id"]), payload["words"])


@work.handler("subscriptions.tell_reminded")
def tell_reminded(payload: Payload) -> None:
    telling.reminded(UUID(payload["subscription_id"]), UUID(payload["invoice_id"]))


@work.handler("subscriptions.tell_soon")
def tell_soon(payload: Payload) -> None:
    telling.renews_soon(UUID(payload["subscription_id"]))


@work.handler("subscriptions.tell_cancelled")
def tell_cancelled(payload: Payload) -> None:
    telling.cancelled(UUID(payload["subscription_id"]))


@work.handler("subscriptions.tell_ended")
def tell_ended(payload: Payload) -> None:
    telling.ended(UUID(payload["subscription_id"]), payload["why"])


@work.handler("subscriptions.tell_gift")
def tell_gift(payload: Payload) -> None:
    telling.gift_bought(UUID(payload["gift_id"]))


@work.handler("subscriptions.tell_redeemed")
def tell_redeemed(payload: Payload) -> None:
    telling.gift_redeemed(UUID(payload["gift_id"]))
