"""What is sold in messages: what becomes of it when it is paid, and when it is taken back."""

from uuid import UUID

from flask import Flask
from sqlalchemy import exists, select, update

from app.accounts.models import User
from app.chat import numbering, queries, queries_talk
from app.chat.models import Member, Message, Parcel
from app.chat.operations import parcels, writing
from app.chat.operations.opening import FIRST_WORD, PARCEL
from app.creators.hiding import hidden_from
from app.creators.models import Creator
from app.entitlements.operations import grants
from app.entitlements.queries import decide, held
from app.entitlements.rules import Kind, Outcome
from app.extensions import db
from app.invoices import products
from app.invoices.products import Product, Sold
from app.media.shown import all_there


def init_app(app: Flask) -> None:
    products.register(
        app,
        Product(
            PARCEL,
            "Message",
            fulfil=_open_parcel,
            revoke=_close_parcel,
            gone=_parcel_gone,
            href=_to_talk,
        ),
    )
    products.register(
        app,
        Product(
            FIRST_WORD,
            "First word",
            fulfil=_welcome,
            revoke=_shut,
            gone=_door_gone,
            href=_to_talk,
            thanks="You can write now.",
        ),
    )


def _open_parcel(sold: Sold) -> None:
    grants.grant(sold.buyer_id, _subject(sold), Kind.PURCHASE, cause=sold.cause)
    _tell(sold)


def _close_parcel(sold: Sold) -> None:
    grants.revoke(sold.buyer_id, cause=sold.cause)
    _tell(sold)


def _parcel_gone(sold: Sold) -> str | None:
    talk_id = _talk_id(sold)
    if talk_id is not None:
        # It cannot be taken back between this question and its being handed over.
        numbering.lock(talk_id)
    if any(one.kind is Kind.PURCHASE for one in held(sold.buyer_id, [_subject(sold)])):
        return "You have opened this message already."
    there = exists().where(
        Message.parcel_id == sold.subject_id, Message.conversation_id == talk_id, Message.unsent_at.is_(None)
    )
    if not db.session.scalar(select(there)):
        return "This message was taken back."
    parcel = db.session.get_one(Parcel, _subject(sold))
    if not all_there(parcel.media):
        return "A file of this message is not there."
    # Whom its sender blocked would pay for what stays shut; and nobody is paid who was sent away.
    lock = queries.lock_of(parcel)
    hidden = decide(sold.buyer_id, [lock])[lock.item_id].outcome is Outcome.HIDDEN
    return "This message is not offered any more." if hidden or not _is_here(lock.creator_id) else None


def _welcome(sold: Sold) -> None:
    talk_id = writing.conversation_of(sold.buyer_id, _seller(sold))
    _let_in(talk_id, sold, welcome=True)


def _shut(sold: Sold) -> None:
    _let_in(_talk_id(sold), sold, welcome=False)


def _door_gone(sold: Sold) -> str | None:
    """Whoever has closed their page, or the door to this person, or was sent away, is not written to."""
    talk_id = _talk_id(sold)
    if talk_id is not None:
        numbering.lock(talk_id)
    mine = exists().where(
        Member.conversation_id == talk_id, Member.user_id == sold.buyer_id, Member.welcome.is_(True)
    )
    if db.session.scalar(select(mine)):
        return "You may write there already."
    there = exists().where(
        Creator.id == sold.seller_id,
        Creator.state == "open",
        ~hidden_from(sold.buyer_id, Creator.id.expression),
    )
    if db.session.scalar(select(there)) and _is_here(_seller(sold)):
        return None
    return "This creator takes no messages at the moment."


def _is_here(seller_id: UUID) -> bool:
    return db.session.scalar(select(exists().where(User.id == seller_id, User.state == "active"))) or False


def _let_in(talk_id: UUID | None, sold: Sold, *, welcome: bool) -> None:
    theirs = update(Member).where(Member.conversation_id == talk_id, Member.user_id == sold.buyer_id)
    db.session.execute(theirs.values(welcome=welcome))


def _tell(sold: Sold) -> None:
    if talk_id := _talk_id(sold):
        parcels.touch(_subject(sold), talk_id)


def _to_talk(sold: Sold) -> str:
    talk_id = _talk_id(sold)
    return f"/messages/{talk_id}#end" if talk_id else "/messages"


def _talk_id(sold: Sold) -> UUID | None:
    return queries_talk.between(sold.buyer_id, _seller(sold))


def _seller(sold: Sold) -> UUID:
    assert sold.seller_id is not None
    return sold.seller_id


def _subject(sold: Sold) -> UUID:
    assert sold.subject_id is not None
    return sold.subject_id
