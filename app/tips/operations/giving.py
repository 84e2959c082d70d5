"""Somebody gives a little extra."""

from dataclasses import dataclass
from uuid import UUID

from app.extensions import db
from app.invoices.models import LABEL_MAX, Invoice
from app.invoices.operations import crediting
from app.invoices.operations.making import Item, Order, make
from app.kit import clock
from app.kit.ids import new_id
from app.kit.text import shortened
from app.moderation import screening
from app.platform import audit
from app.platform.audit import Action
from app.tips.errors import OwnTip
from app.tips.models import Tip
from app.tips.queries import Target

PRODUCT = "tip"


@dataclass(frozen=True, slots=True)
class Wish:
    amount: int
    note: str = ""


def give(giver_id: UUID, target: Target, wish: Wish) -> tuple[Tip, Invoice]:
    """Paid at once where credit covers it; else its invoice waits to be paid."""
    if giver_id == target.creator.id:
        raise OwnTip
    screening.screen("tip", giver_id, wish.note, "note")
    tip = Tip(
        id=new_id(),
        user_id=giver_id,
        creator_id=target.creator.id,
        on_kind=target.kind,
        on_id=target.id,
        amount=wish.amount,
        currency=target.currency,
        note=wish.note,
        created_at=clock.now(),
    )
    tip.invoice = invoice = make(
        Order(
            buyer_id=giver_id,
            seller_id=tip.creator_id,
            kind=PRODUCT,
            currency=tip.currency,
            items=(Item(_label(target), tip.amount, PRODUCT, tip.id),),
            return_to=f"/tips/{tip.id}",
        )
    )
    db.session.add(tip)
    audit.record(Action.TIPPED, actor=giver_id, subject=("tip", tip.id), on=target.kind)
    if target.credit >= invoice.total:
        crediting.pay_at_once(invoice)
    return tip, invoice


def _label(target: Target) -> str:
    on = f" on {target.title}" if target.title else ""
    return shortened(f"Tip for {target.creator.display_name}{on}", LABEL_MAX - 1)
