"""Somebody wants a post for themselves."""

from uuid import UUID

from app.accounts import ages
from app.entitlements.rules import Step
from app.invoices.models import LABEL_MAX, Invoice
from app.invoices.operations.making import Item, Order, make
from app.kit.text import shortened
from app.posts.card import Card
from app.posts.errors import AlreadyOpen, NotForSale, TooYoung
from app.posts.queries_page import find_post

PRODUCT = "post"
UNTITLED = "A post by {name}"


def buy(buyer_id: UUID, post_id: UUID) -> Invoice:
    """At the price that it has now: after a change of it the next click makes another invoice."""
    post = find_post(post_id, buyer_id)
    if post.seen.open:
        raise AlreadyOpen
    way = next((way for way in post.seen.decision.ways if way.step is Step.BUY), None)
    if way is None or way.price is None:
        raise NotForSale
    if post.card.adult and ages.is_minor(buyer_id):
        raise TooYoung
    item = Item(label(post.card), way.price, PRODUCT, post_id)
    return make(
        Order(
            buyer_id=buyer_id,
            seller_id=post.card.creator.id,
            kind=PRODUCT,
            currency=way.currency,
            items=(item,),
            unique_key=f"post:{post_id}:{buyer_id}",
            return_to=post.card.href,
        )
    )


def label(card: Card) -> str:
    return shortened(card.title, LABEL_MAX - 1) or UNTITLED.format(name=card.creator.display_name)
