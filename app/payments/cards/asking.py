"""The call that an attempt is about. Made again after an interruption, it is the same call: its key is
the attempt's id, and all that it says comes from rows that do not change."""

import logging
from datetime import timedelta
from uuid import UUID

from app.invoices.models import Attempt
from app.invoices.operations import attempts
from app.kit import clock
from app.payments import queries
from app.payments.cards import customers, looking, words
from app.payments.errors import Declined, Impossible
from app.payments.gateways.stripe import charging, checkout, taxing
from app.payments.gateways.stripe.charging import ToCharge
from app.payments.gateways.stripe.checkout import ToPay
from app.payments.gateways.stripe.objects import Intent
from app.payments.gateways.stripe.taxing import Reckoned
from app.payments.models import CARD, PaymentMethod
from app.payments.operations import holding, methods
from app.payments.operations.charging import fail
from app.platform.settings import settings
from app.platform.transaction import transaction

log = logging.getLogger(__name__)

# The processor forgets keys after a day: then we look before we ask.
KEYS_LIVE = timedelta(hours=20)
# Nobody expects a charge any more that could not be asked for in so long.
TOO_LATE, NEVER_ASKED = timedelta(days=3), "never_asked"
# What a restore forgot is asked for again within so long, and was made at most so long before.
FORGOTTEN_FOR = timedelta(days=60)


def ask(attempt_id: UUID) -> None:
    """Nothing where it was asked already. Raises `Unsure` when somebody has to ask again later."""
    attempt = queries.attempt(attempt_id)
    if attempt is None or attempt.state != "made":
        return
    if attempt.method_id:
        _charge(attempt, attempt.method_id)
    else:
        _open_page(attempt)


def _open_page(attempt: Attempt) -> None:
    assert attempt.expires_at is not None
    if attempt.expires_at <= clock.now():
        with transaction():
            fail(attempt.id, "expired", words.PAGE_OVER, state="expired")
        return
    wanted = ToPay(
        attempt_id=attempt.id,
        invoice_id=attempt.invoice_id,
        customer_id=customers.called(attempt.user_id),
        label=queries.first_line(attempt.invoice_id).label,
        amount=attempt.rail_amount,
        currency=attempt.rail_currency,
        expires_at=attempt.expires_at,
        keeps_card=bool(attempt.data.get("keeps")),
        taxed=bool(attempt.data.get("taxed")),
        back_to=f"{settings().base_url}/invoices/{attempt.invoice_id}/back/{attempt.id}",
        owes=attempt.data.get("owes"),
    )
    try:
        if (paid := _forgotten(wanted.customer_id, wanted.owes)) is not None:
            looking.settle(wanted.attempt_id, paid)
            return
        page = checkout.open_page(wanted)
    except Impossible as no:
        _refused(attempt, no)
        return
    with transaction():
        attempts.asked(wanted.attempt_id, page.id, url=page.url)


def _charge(attempt: Attempt, method_id: UUID) -> None:
    method = queries.kept_method(method_id)
    if method is None:
        with transaction():
            fail(attempt.id, "no_such_method", words.REFUSED)
        return
    attempt_id = attempt.id
    try:
        intent = _charged(attempt, method)
    except Declined as no:
        with transaction():
            if no.intent_id:
                attempts.asked(attempt_id, no.intent_id)
            fail(attempt_id, no.code, words.declined(no.code))
    except Impossible as no:
        _refused(attempt, no)
    else:
        looking.settle(attempt_id, intent)


def _charged(attempt: Attempt, method: PaymentMethod) -> Intent:
    customer, age = customers.called(attempt.user_id), clock.now() - attempt.created_at
    if age > KEYS_LIVE:
        made = charging.find(customer, attempt.id, attempt.created_at)
        if made is not None:
            return made
    owes = attempt.data.get("owes")
    if (paid := _forgotten(customer, owes)) is not None:
        return paid
    if age > TOO_LATE:
        raise Declined(NEVER_ASKED, "nobody was there to be asked", None)
    return charging.charge(
        ToCharge(
            attempt_id=attempt.id,
            invoice_id=attempt.invoice_id,
            customer_id=customer,
            method_id=method.provider_id,
            label=queries.first_line(attempt.invoice_id).label,
            amount=attempt.rail_amount,
            currency=attempt.rail_currency,
            off_session=attempt.off_session,
            tax=_tax(attempt, customer),
            owes=owes,
        )
    )


def _forgotten(customer: str, owes: str | None) -> Intent | None:
    """What was charged for the same thing before the database was brought back to an earlier second."""
    at = holding.last_restored()
    if owes is None or at is None or clock.now() > at + FORGOTTEN_FOR:
        return None
    paid = charging.paid_for(customer, owes, at - FORGOTTEN_FOR)
    return next((one for one in paid if not looking.is_known(one)), None)


def _tax(attempt: Attempt, customer: str) -> Reckoned | None:
    """Where the processor does not know where somebody lives, what we reckoned ourselves stands."""
    if not attempt.data.get("taxed"):
        return None
    try:
        return taxing.reckon(attempt.id, customer, attempt.rail_amount, attempt.rail_currency)
    except Impossible as no:
        log.warning("tax was not reckoned", extra={"attempt": str(attempt.id), "code": no.code})
        return None


def _refused(attempt: Attempt, no: Impossible) -> None:
    log.error(
        "the card processor refused", extra={"attempt": str(attempt.id), "code": no.code, "said": str(no)}
    )
    with transaction():
        if no.code == "resource_missing":
            # The processor has forgotten them: the next try introduces them again.
            methods.forget_customer(attempt.user_id, CARD)
        fail(attempt.id, "refused", words.REFUSED)
