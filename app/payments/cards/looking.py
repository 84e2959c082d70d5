"""Look afresh, and bring our rows to what is the case: the one way for webhooks, sweeps and pages alike.

What was looked at may be older than what is recorded meanwhile: each step only goes forward.
"""

from uuid import UUID

from app.accounts.queries import has_left
from app.invoices.models import Attempt, Payment, Refund
from app.invoices.operations import attempts, disputing, receiving, reclaiming, refunding
from app.invoices.operations.disputing import Complaint
from app.invoices.operations.receiving import Money
from app.invoices.tax import Told
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.payments import queries
from app.payments.cards import words
from app.payments.cards.rail import refund_soon
from app.payments.errors import Impossible, Unsure
from app.payments.gateways.stripe import charging, checkout, customers, refunds
from app.payments.gateways.stripe.objects import Intent, Method, Page, Returned, Taken, Tax
from app.payments.models import CARD
from app.payments.operations import cases, methods
from app.payments.operations.charging import fail
from app.payments.operations.methods import Card
from app.platform.transaction import transaction

PAGES = "cs_"
# Waits for somebody; no more is heard of it by itself.
UNPAID = frozenset({"requires_payment_method", "requires_action", "requires_confirmation", "canceled"})
# Money was taken. Inquiries ("warning_...") take none.
TAKEN = frozenset({"needs_response", "under_review", "won", "lost"})
DECIDED = frozenset({"won", "lost"})
# Whoever does so on purpose has what they bought with it for nothing. Who has left spent it or gave it up.
CREDIT_SPENT, CREDIT_LEFT = "credit_spent", "credit_left"
# Why a refund failed that was still pending when its payer's bank took the money.
OVERTAKEN = "charge_for_pending_refund_disputed"


def attempt(attempt_id: UUID) -> None:
    """Whether it was paid, is on its way, or came to nothing."""
    found = queries.attempt(attempt_id)
    if found is None or found.rail != CARD or found.provider_id is None:
        return
    if found.provider_id.startswith(PAGES):
        _page(found, checkout.look(found.provider_id))
    else:
        settle(found.id, charging.look(found.provider_id))


def page(page_id: str) -> None:
    """A page that somebody paid on, or left a card."""
    found = queries.attempt_called(CARD, page_id)
    looked = checkout.look(page_id)
    if found is None and (named := _named(looked.metadata.get("attempt_id"))):
        # The processor was quicker than our own note of having asked.
        with transaction():
            attempts.asked(named.id, page_id, url=looked.url)
        found = queries.attempt(named.id)
    if found is not None:
        _page(found, looked)
    elif looked.kept_method_id and looked.customer_id:
        _keep(looked.kept_method_id)


def intent(intent_id: str) -> None:
    looked = charging.look(intent_id)
    named = _named(looked.metadata.get("attempt_id"))
    if named is None:
        return
    if named.method_id:
        settle(named.id, looked)
    else:
        attempt(named.id)


def is_known(looked: Intent) -> bool:
    """Whether a try of ours is what it came of, or we booked it as another's."""
    booked = looked.charge is not None and queries.payment_called(CARD, looked.charge.id) is not None
    return booked or _named(looked.metadata.get("attempt_id")) is not None


def settle(attempt_id: UUID, looked: Intent) -> None:
    """A charge that was asked for: `looked` is its last word, or that there is none yet."""
    with transaction():
        found = queries.attempt(attempt_id)
        assert found is not None
        if found.provider_id is None:
            attempts.asked(attempt_id, looked.id)
        if looked.charge is None and looked.status in UNPAID:
            code = looked.code or "card_declined"
            fail(attempt_id, code, words.declined(code))
        else:
            _money(found, looked, looked.tax)


def returned_of(charge_id: str) -> None:
    """All refunds of a charge, also those that somebody made on the processor's own pages."""
    for one in refunds.of_charge(charge_id):
        returned(one)


def returned(looked: Returned) -> None:
    """What became of a refund. `looked` is its last word, or that there is none yet."""
    named = _uuid(looked.metadata.get("refund_id"))
    found = queries.refund(named) if named else None
    if found is None:
        _by_hand(looked)
        return
    if looked.failure == OVERTAKEN and looked.charge_id:
        disputes_of(looked.charge_id)
    clearing = _clearing(found.rail_currency)
    with transaction():
        if looked.status == "succeeded":
            _not_twice(found)
            refunding.sent(found.id, looked.id)
            refunding.went_back(found.id, clearing)
        elif looked.status in {"failed", "canceled"}:
            refunding.sent(found.id, looked.id)
            refunding.came_back(found.id, looked.failure or looked.status, clearing)
            disputing.overtook(found.id, looked.failure or looked.status)
        else:
            refunding.sent(found.id, looked.id)


def dispute(dispute_id: str) -> None:
    _disputed(refunds.dispute(dispute_id))


def disputes_of(charge_id: str) -> None:
    """Also those of which nobody has told us yet."""
    for one in refunds.disputes_of(charge_id):
        _disputed(one)


def _disputed(looked: Taken) -> None:
    if looked.status not in TAKEN:
        return
    payment = queries.payment_called(CARD, looked.charge_id)
    if payment is None and looked.intent_id:
        # Told before we heard that there was a payment at all.
        intent(looked.intent_id)
        payment = queries.payment_called(CARD, looked.charge_id)
    with transaction():
        if payment is None:
            cases.open_case(
                CARD, "dispute_of_unknown", looked.id, amount=looked.amount, currency=looked.currency
            )
            return
        _dispute(payment, looked)


def method(method_id: str) -> None:
    """Left with us, renewed by its bank, or let go."""
    if queries.method_called(CARD, method_id) is None:
        _keep(method_id)
        return
    try:
        looked = customers.method(method_id)
    except Impossible:
        looked = None
    with transaction():
        if looked is None or looked.customer_id is None:
            methods.detached(CARD, method_id)
        else:
            methods.renewed(CARD, _card(looked))


def _page(found: Attempt, looked: Page) -> None:
    attempt_id, expired = found.id, looked.status == "expired"
    keeps = bool(found.data.get("keeps"))
    with transaction():
        if looked.intent and (looked.intent.charge or looked.intent.status == "processing"):
            _money(found, looked.intent, looked.tax)
        elif expired:
            fail(attempt_id, "expired", words.PAGE_OVER, state="expired")
        elif looked.status == "complete" and looked.intent and looked.intent.status in UNPAID:
            code = looked.intent.code or "card_declined"
            fail(attempt_id, code, words.declined(code))
    if keeps and looked.intent and looked.intent.charge and looked.intent.method_id:
        _keep_if_possible(looked.intent.method_id)


def _money(found: Attempt, looked: Intent, tax: Tax | None) -> None:
    """Inside a transaction: what came is booked, once; what is coming is noted."""
    if looked.charge is None:
        attempts.on_its_way(found.id)
        return
    charge = looked.charge
    receiving.receive(
        found.invoice_id,
        Money(
            rail=CARD,
            external_id=charge.id,
            amount=charge.amount,
            rail_amount=charge.amount,
            rail_currency=charge.currency,
            into=_clearing(charge.currency),
            at=charge.at,
            attempt_id=found.id,
            origin=charge.origin,
            tax=Told(tax.amount, tax.bps, tax.country) if tax else None,
        ),
    )


def _keep_if_possible(method_id: str) -> None:
    """The money is booked; whether the card is kept is told again by its own event."""
    try:
        _keep(method_id)
    except (Impossible, Unsure):
        return


def _keep(method_id: str) -> None:
    if queries.method_called(CARD, method_id) is not None:
        return
    looked = customers.method(method_id)
    if looked is None or looked.customer_id is None:
        return
    owner = queries.whose_customer(CARD, looked.customer_id)
    if owner is not None:
        with transaction():
            methods.keep(owner, CARD, _card(looked))


def _by_hand(looked: Returned) -> None:
    """Made on the processor's own pages: our books know nothing of it, and an admin has to."""
    payment = queries.payment_called(CARD, looked.charge_id) if looked.charge_id else None
    if payment is not None:
        with transaction():
            cases.open_case(CARD, "refund_by_hand", looked.id, payment_id=str(payment.id))


def _not_twice(refund: Refund) -> None:
    """It had become credit, and went back all the same."""
    if refund.state == "failed":
        about = {"amount": refund.amount, "currency": refund.currency}
        cases.open_case(CARD, "refund_after_all", str(refund.id), **about)


def _dispute(payment: Payment, looked: Taken) -> None:
    payment_id, clearing = payment.id, _clearing(payment.currency)
    complaint = Complaint(
        rail=CARD,
        provider_id=looked.id,
        amount=looked.amount,
        reason=looked.reason,
        answer_by=looked.answer_by,
        opened_at=looked.opened_at,
    )
    new = disputing.find(CARD, looked.id) is None
    disputing.opened(payment_id, complaint, clearing)
    ours = disputing.find(CARD, looked.id)
    assert ours is not None
    if new and (spent := reclaiming.spent(ours)):
        about = {"amount": spent, "currency": ours.currency, "payment_id": str(payment_id)}
        left = payment.user_id is not None and has_left(payment.user_id)
        cases.open_case(CARD, CREDIT_LEFT if left else CREDIT_SPENT, looked.id, **about)
    if looked.status == "won":
        disputing.won(ours.id, clearing)
        for kind in (CREDIT_SPENT, CREDIT_LEFT):
            cases.settle(CARD, kind, looked.id, "The dispute was won.")
    elif looked.status == "lost":
        disputing.lost(ours.id)
    if looked.status in DECIDED:
        for refund_id in queries.refunds_waiting(payment_id):
            refund_soon(refund_id)


def _named(attempt_id: str | None) -> Attempt | None:
    """Ours, as the metadata that travel with the money say."""
    named = _uuid(attempt_id)
    found = queries.attempt(named) if named else None
    return found if found is not None and found.rail == CARD else None


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _clearing(currency: str) -> Account:
    return Account(Kind.CARD_CLEARING, currency)


def _card(looked: Method) -> Card:
    return Card(
        looked.id,
        looked.brand,
        looked.last4,
        looked.exp_month,
        looked.exp_year,
        looked.country,
        looked.fingerprint,
    )
