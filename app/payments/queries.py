"""What is known about rails, cards on file and cases, one function a question."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select

from app.extensions import db
from app.invoices.models import Attempt, InvoiceLine, Payment, Refund
from app.kit import clock
from app.kit.ids import first_of
from app.ledger.chart import Kind
from app.ledger.models import LedgerAccount, LedgerEntry, LedgerLeg
from app.payments.models import (
    Case,
    ChainCursor,
    PaymentMethod,
    ProviderCustomer,
    ProviderEntry,
    RailSwitch,
)
from app.platform.errors import NotFound

AT_ONCE = 50
# Months.
SOON = 2


def attempt(attempt_id: UUID) -> Attempt | None:
    """As it stands now."""
    return db.session.get(Attempt, attempt_id, populate_existing=True)


def own_attempt(attempt_id: UUID, invoice_id: UUID, payer_id: UUID) -> Attempt:
    found = attempt(attempt_id)
    if found is None or (found.invoice_id, found.user_id) != (invoice_id, payer_id):
        raise NotFound
    return found


def attempt_called(rail: str, provider_id: str) -> Attempt | None:
    return db.session.scalars(
        select(Attempt).where(Attempt.rail == rail, Attempt.provider_id == provider_id)
    ).one_or_none()


def overdue_attempts(rail: str, before: datetime, at_most: int) -> Sequence[UUID]:
    """Those that should have ended by themselves."""
    found = select(Attempt.id).where(
        Attempt.rail == rail, Attempt.ended_at.is_(None), Attempt.expires_at < before
    )
    return db.session.scalars(found.order_by(Attempt.expires_at).limit(at_most)).all()


def unasked_attempts(rail: str, before: datetime, at_most: int) -> Sequence[UUID]:
    """Those of which their provider still knows nothing."""
    found = select(Attempt.id).where(
        Attempt.rail == rail,
        Attempt.ended_at.is_(None),
        Attempt.state == "made",
        Attempt.created_at < before,
    )
    return db.session.scalars(found.order_by(Attempt.created_at).limit(at_most)).all()


def unfinished_refunds(rail: str, before: datetime, at_most: int) -> Sequence[UUID]:
    found = select(Refund.id).where(
        Refund.rail == rail, Refund.ended_at.is_(None), Refund.created_at < before
    )
    return db.session.scalars(found.order_by(Refund.created_at).limit(at_most)).all()


def refunds_waiting(payment_id: UUID) -> Sequence[UUID]:
    found = select(Refund.id).where(Refund.payment_id == payment_id, Refund.ended_at.is_(None))
    return db.session.scalars(found.order_by(Refund.id)).all()


def payment_called(rail: str, external_id: str) -> Payment | None:
    return db.session.scalars(
        select(Payment).where(Payment.rail == rail, Payment.external_id == external_id)
    ).one_or_none()


def refund(refund_id: UUID) -> Refund | None:
    return db.session.get(Refund, refund_id, populate_existing=True)


def first_line(invoice_id: UUID) -> InvoiceLine:
    found = select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id).order_by(InvoiceLine.n)
    return db.session.scalars(found.limit(1)).one()


def renews(invoice_id: UUID) -> bool:
    """Whether a line says that it goes on, for which a card is needed again."""
    found = select(InvoiceLine.data).where(InvoiceLine.invoice_id == invoice_id)
    return any(data.get("renews") for data in db.session.scalars(found))


def customer(user_id: UUID, rail: str) -> str | None:
    found = db.session.get(ProviderCustomer, (user_id, rail))
    return found.provider_id if found else None


def whose_customer(rail: str, provider_id: str) -> UUID | None:
    return db.session.scalars(
        select(ProviderCustomer.user_id).where(
            ProviderCustomer.rail == rail, ProviderCustomer.provider_id == provider_id
        )
    ).one_or_none()


def methods(user_id: UUID) -> Sequence[PaymentMethod]:
    """The one that its owner prefers first."""
    found = select(PaymentMethod).where(PaymentMethod.user_id == user_id, PaymentMethod.removed_at.is_(None))
    return db.session.scalars(found.order_by(PaymentMethod.preferred.desc(), PaymentMethod.id.desc())).all()


def method(method_id: UUID, user_id: UUID) -> PaymentMethod | None:
    """Of this person, and not removed."""
    found = db.session.get(PaymentMethod, method_id)
    return found if found and found.user_id == user_id and found.removed_at is None else None


def kept_method(method_id: UUID) -> PaymentMethod | None:
    """Whoever it belongs to; not where it was removed."""
    found = db.session.get(PaymentMethod, method_id, populate_existing=True)
    return found if found and found.removed_at is None else None


def method_called(rail: str, provider_id: str) -> PaymentMethod | None:
    return db.session.scalars(
        select(PaymentMethod).where(PaymentMethod.rail == rail, PaymentMethod.provider_id == provider_id)
    ).one_or_none()


def same_card(newest: PaymentMethod) -> Sequence[PaymentMethod]:
    """The same one, kept by the same person before; locked."""
    if not newest.fingerprint:
        return ()
    found = select(PaymentMethod).where(
        PaymentMethod.user_id == newest.user_id,
        PaymentMethod.rail == newest.rail,
        PaymentMethod.fingerprint == newest.fingerprint,
        PaymentMethod.id != newest.id,
        PaymentMethod.removed_at.is_(None),
    )
    return db.session.scalars(found.order_by(PaymentMethod.id).with_for_update()).all()


def cards_that_end(end: date, after: UUID, at_most: int) -> Sequence[PaymentMethod]:
    """Those good to the last day before `end`, the first of a month, of which nobody was told yet; locked."""
    last = end - timedelta(days=1)
    found = select(PaymentMethod).where(
        PaymentMethod.exp_year == last.year,
        PaymentMethod.exp_month == last.month,
        PaymentMethod.removed_at.is_(None),
        PaymentMethod.end_told.is_distinct_from(end),
        PaymentMethod.id > after,
    )
    return db.session.scalars(
        found.order_by(PaymentMethod.id).limit(at_most).with_for_update(skip_locked=True)
    ).all()


def is_over(one: PaymentMethod) -> bool:
    """A card is good to the end of its month."""
    today = clock.now()
    return (one.exp_year, one.exp_month) < (today.year, today.month)


def expiry(one: PaymentMethod) -> str:
    """over, soon (within two months), or nothing to say."""
    today = clock.now()
    months = (one.exp_year - today.year) * 12 + one.exp_month - today.month
    return "over" if months < 0 else "soon" if months < SOON else ""


def is_open(rail: str, seller_id: UUID | None) -> bool:
    """Neither the house nor this seller has switched it off."""
    off = select(RailSwitch.id).where(
        RailSwitch.rail == rail, or_(RailSwitch.seller_id.is_(None), RailSwitch.seller_id == seller_id)
    )
    return db.session.scalars(off.limit(1)).first() is None


def switched_off(seller_id: UUID | None) -> set[str]:
    """By the house (None), or by one seller for their own."""
    return set(
        db.session.scalars(
            select(RailSwitch.rail).where(RailSwitch.seller_id.is_not_distinct_from(seller_id))
        )
    )


def read_until(source: str) -> datetime | None:
    found = db.session.get(ChainCursor, source, populate_existing=True)
    return found.at if found else None


def last_seen(name: str) -> str | None:
    found = db.session.get(ChainCursor, name, populate_existing=True)
    return found.last_signature if found else None


def unchecked(rail: str, since: datetime, at_most: int) -> Sequence[ProviderEntry]:
    """Movements for which no entry was found yet, the oldest first; all of the last one's moment."""
    found = select(ProviderEntry).where(
        ProviderEntry.rail == rail, ProviderEntry.checked_at.is_(None), ProviderEntry.at > since
    )
    return db.session.scalars(found.order_by(ProviderEntry.at).fetch(at_most, with_ties=True)).all()


def sources(rail: str, kind: str, amount: int, currency: str) -> Sequence[str]:
    """What movements of this kind and amount were about."""
    found = select(ProviderEntry.source_id).where(
        ProviderEntry.rail == rail,
        ProviderEntry.kind == kind,
        ProviderEntry.amount == amount,
        ProviderEntry.currency == currency,
    )
    return [one for one in db.session.scalars(found) if one]


def explained(entry_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these entries that a movement was found to agree with."""
    found = select(ProviderEntry.entry_id).where(ProviderEntry.entry_id.in_(entry_ids))
    return {one for one in db.session.scalars(found) if one}


def unexplained_entries(
    clearing: Kind, since: datetime, until: datetime, besides: Sequence[str], at_most: int
) -> Sequence[UUID]:
    """Entries that touched an account, and no movement agrees with."""
    told = select(ProviderEntry.id).where(ProviderEntry.entry_id == LedgerEntry.id).exists()
    touched = (
        select(LedgerLeg.entry_id)
        .join(LedgerAccount, LedgerAccount.id == LedgerLeg.account_id)
        .where(LedgerLeg.entry_id == LedgerEntry.id, LedgerAccount.kind == clearing.value)
        .exists()
    )
    found = select(LedgerEntry.id).where(
        LedgerEntry.id > first_of(since),
        LedgerEntry.created_at.between(since, until),
        LedgerEntry.kind.not_in(besides),
        touched,
        ~told,
    )
    return db.session.scalars(found.order_by(LedgerEntry.id).limit(at_most)).all()


def first_attempt_at(rail: str) -> datetime | None:
    return db.session.scalars(
        select(Attempt.created_at).where(Attempt.rail == rail).order_by(Attempt.id).limit(1)
    ).first()


def cases(state: str, before: UUID | None = None) -> tuple[list[Case], UUID | None]:
    """The newest first, and where it goes on."""
    found = select(Case).where(Case.state == state).order_by(Case.id.desc()).limit(AT_ONCE + 1)
    rows = list(db.session.scalars(found.where(Case.id < before) if before else found))
    return rows[:AT_ONCE], rows[AT_ONCE - 1].id if len(rows) > AT_ONCE else None


def case(case_id: UUID) -> Case:
    found = db.session.get(Case, case_id)
    if found is None:
        raise NotFound
    return found
