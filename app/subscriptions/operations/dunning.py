"""A period that is due and not paid: its card is tried again and again, and access stays meanwhile."""

from datetime import datetime, timedelta
from uuid import UUID

from app.extensions import db
from app.invoices.errors import NotOffered, NotPayable
from app.invoices.models import Invoice
from app.kit import clock
from app.payments.operations import charging
from app.platform import outbox
from app.platform.errors import Refused
from app.subscriptions import queries
from app.subscriptions.models import Subscription
from app.subscriptions.operations import ending, next_period, opening
from app.subscriptions.operations.locking import lock, note
from app.subscriptions.operations.opening import GRACE

UNPAID = "subscription.unpaid"
# Days after the end of a period on which its card is tried; access stays for as long as that.
TRIES = (0, 1, 3, 5, 7)
LOOK_AGAIN = timedelta(minutes=1)
# Whoever is asked later than this has their grace from then on.
ON_TIME = timedelta(hours=12)
# It will not do, however often it is tried: somebody has to act.
HOPELESS = charging.NEEDS_OWNER | charging.FINAL | {NotOffered.code, NotPayable.code}


def begin(subscription: Subscription, invoice: Invoice | None) -> None:
    _begin_grace(subscription)
    if (method_id := next_period.method_of(subscription)) is not None and invoice is not None:
        _ask(subscription, invoice, method_id)
        return
    _past_due(subscription)
    note(subscription, "unpaid")
    _tell_unpaid(subscription, "")


def look(subscription: Subscription, invoice: Invoice | None) -> None:
    """What became of the last try; if nothing is on its way, the next one."""
    key, until = ending.renewal_key(subscription), subscription.grace_until or _begin_grace(subscription)
    # What was declined before time came back that had been paid for is not of this time.
    count, last = queries.failures(key, until - GRACE)
    if queries.being_charged(key):
        subscription.next_try_at = clock.now() + LOOK_AGAIN
    elif count > subscription.tries and last is not None:
        failed(subscription, last.failure_code or "", last.failure or "")
    elif (method_id := next_period.method_of(subscription)) is not None and invoice is not None:
        _ask(subscription, invoice, method_id)
    else:
        failed(subscription, NotOffered.code, "There is no card on file any more.")


def failed(subscription: Subscription, code: str, words: str) -> None:
    """One try more that brought nothing."""
    subscription.tries += 1
    until = subscription.grace_until or _begin_grace(subscription)
    _past_due(subscription)
    subscription.next_try_at = None
    if code not in HOPELESS and subscription.tries < len(TRIES):
        due: datetime = until - GRACE + timedelta(days=TRIES[subscription.tries])
        # Those that nobody made in time are not made all at once.
        subscription.next_try_at = max(due, clock.now() + ON_TIME)
    note(subscription, "declined", code=code, words=words, tries=subscription.tries)
    _tell_unpaid(subscription, words)


def look_now(invoice_id: UUID) -> None:
    """Word came that a charge failed."""
    subject = queries.subject_of(invoice_id, next_period.PRODUCT)
    subscription = lock(subject) if subject else None
    if subscription is not None and subscription.next_try_at is not None:
        subscription.next_try_at = clock.now()


def _ask(subscription: Subscription, invoice: Invoice, method_id: UUID) -> None:
    """Its outcome is heard of; should it not be, we look."""
    subscription.next_try_at = clock.now() + LOOK_AGAIN
    db.session.flush()
    try:
        charging.charge_method(invoice.id, method_id)
    except Refused as refusal:
        failed(subscription, refusal.code, refusal.message)


def _begin_grace(subscription: Subscription) -> datetime:
    """From when it was due; where nobody looked for long, from the first try on."""
    due = subscription.paused_until if subscription.state == "paused" else subscription.period_end
    on_time = due is not None and clock.now() - due < ON_TIME
    until = (due if due is not None and on_time else clock.now()) + GRACE
    subscription.grace_until = until
    if not on_time and subscription.state != "paused":
        opening.open_up(subscription)
    return until


def _past_due(subscription: Subscription) -> None:
    """Out of a pause nothing opens before it is paid."""
    if subscription.state != "paused":
        subscription.state = "past_due"


def _tell_unpaid(subscription: Subscription, words: str) -> None:
    outbox.emit(
        UNPAID,
        {"subscription_id": str(subscription.id), "words": words, "tries": subscription.tries},
    )
