"""A tip as something that is paid for."""

from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.creators.hiding import hidden_from
from app.creators.models import Creator
from app.extensions import db
from app.invoices import products
from app.invoices.products import Product, Sold
from app.kit import clock
from app.tips import hearing
from app.tips.models import Tip
from app.tips.operations.giving import PRODUCT


def init_app(app: Flask) -> None:
    products.register(
        app,
        Product(
            PRODUCT,
            "Tip",
            fulfil=_fulfil,
            revoke=_revoke,
            gone=_gone,
            href=_href,
            opens=False,
            thanks="It arrived.",
            told_as="tipped",
        ),
    )


def _fulfil(sold: Sold) -> None:
    tip = _just_given(sold) or db.session.get_one(Tip, sold.subject_id)
    tip.paid_at, tip.returned_at = sold.at, None
    hearing.tell(tip)


def _revoke(sold: Sold) -> None:
    tip = db.session.get_one(Tip, sold.subject_id)
    tip.returned_at = clock.now()
    hearing.tell(tip)


def _gone(sold: Sold) -> str | None:
    """Whoever has closed their page, or the door to this person, takes no tips."""
    found = (
        select(Creator.id)
        .join(User, User.id == Creator.id)
        .where(
            Creator.id == sold.seller_id,
            Creator.state == "open",
            User.state == "active",
            ~hidden_from(sold.buyer_id, Creator.id.expression),
        )
    )
    return None if db.session.scalar(found) else "This creator takes no tips at the moment."


def _just_given(sold: Sold) -> Tip | None:
    """Paid in the moment in which it was given, it is not written yet."""
    new = (row for row in db.session.new if isinstance(row, Tip) and row.id == sold.subject_id)
    return next(new, None)


def _href(sold: Sold) -> str:
    return f"/tips/{sold.subject_id}"
