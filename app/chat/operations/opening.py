"""Paying for what a message carries, or for the first word to a creator."""

from uuid import UUID

from sqlalchemy import select

from app.accounts import ages
from app.chat import queries, queries_talk
from app.chat.errors import NothingToOpen, Silent, TooYoung
from app.chat.rules import Step
from app.creators.models import Creator
from app.extensions import db
from app.invoices.models import LABEL_MAX, Invoice
from app.invoices.operations.making import Item, Order, make
from app.kit.text import shortened
from app.platform.errors import NotFound

PARCEL, FIRST_WORD = "message", "first_word"


def open_parcel(me: UUID, conversation_id: UUID, seq: int) -> Invoice:
    """On to the invoice; the same one for as long as it can be paid."""
    talk = queries_talk.find_talk(conversation_id, me)
    parcel = queries.find_said(talk, seq).parcel
    if parcel is None or parcel.price is None or parcel.open:
        raise NothingToOpen
    if parcel.shut:
        raise NotFound
    if not parcel.offered:
        raise NothingToOpen("A file of this message is not there.")
    _check_age(me, talk.other.id)
    label = shortened(f"A message from {talk.other.display_name}", LABEL_MAX - 1)
    return make(
        Order(
            buyer_id=me,
            seller_id=talk.other.id,
            kind=PARCEL,
            currency=parcel.currency,
            items=(Item(label, parcel.price, PARCEL, parcel.id),),
            unique_key=f"{PARCEL}:{parcel.id}:{me}",
            return_to=f"{talk.href}?around={seq}",
        )
    )


def open_door(me: UUID, handle: str) -> Invoice:
    """To a creator who takes first words for a price."""
    talk = queries_talk.find_talk_with(handle, me)
    if talk.silence is None:
        raise NothingToOpen
    if talk.silence.step is not Step.PAY or talk.first_price is None:
        raise Silent(talk.silence.words)
    _check_age(me, talk.other.id)
    label = shortened(f"Writing to {talk.other.display_name}", LABEL_MAX - 1)
    return make(
        Order(
            buyer_id=me,
            seller_id=talk.other.id,
            kind=FIRST_WORD,
            currency=talk.their_currency,
            items=(Item(label, talk.first_price, FIRST_WORD, talk.other.id),),
            unique_key=f"{FIRST_WORD}:{talk.other.id}:{me}",
            return_to=f"/messages/to/{talk.other.handle}",
        )
    )


def _check_age(me: UUID, creator_id: UUID) -> None:
    adult = db.session.scalar(select(Creator.adult).where(Creator.id == creator_id))
    if adult and ages.is_minor(me):
        raise TooYoung
