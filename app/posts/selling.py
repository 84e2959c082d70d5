"""A post as something that is sold: what becomes of it when it is paid, and when it is taken back."""

from flask import Flask

from app.entitlements.operations import grants
from app.entitlements.rules import Kind
from app.invoices import products
from app.invoices.products import Product, Sold
from app.platform.errors import NotFound
from app.posts.operations.buying import PRODUCT
from app.posts.queries_page import bought, find_post


def init_app(app: Flask) -> None:
    products.register(app, Product(PRODUCT, "Post", fulfil=_fulfil, revoke=_revoke, gone=_gone, href=_href))


def _fulfil(sold: Sold) -> None:
    """Theirs for as long as the post exists, also when its author shows it to nobody else any more."""
    assert sold.subject_id is not None
    grants.grant(sold.buyer_id, sold.subject_id, Kind.PURCHASE, cause=sold.cause)


def _revoke(sold: Sold) -> None:
    grants.revoke(sold.buyer_id, cause=sold.cause)


def _gone(sold: Sold) -> str | None:
    assert sold.subject_id is not None
    if bought(sold.subject_id, sold.buyer_id):
        return "You have bought this post already."
    try:
        find_post(sold.subject_id, sold.buyer_id)
    except NotFound:
        return "This post is not offered any more."
    return None


def _href(sold: Sold) -> str:
    return f"/posts/{sold.subject_id}"
