"""What can be bought here, as invoices see it; and what a card on file pays for."""

from uuid import UUID

from app.invoices.products import Product, Sold
from app.payments.queries import kept_method
from app.subscriptions import queries
from app.subscriptions.operations import beginning, changing, gifts, next_period, ordering


def _page(sold: Sold) -> str:
    return f"/subscriptions/{sold.subject_id}"


PRODUCTS = (
    Product(
        beginning.PRODUCT,
        "Subscription",
        fulfil=beginning.begin,
        revoke=beginning.take_back,
        gone=beginning.cannot_begin,
        had=beginning.had,
        href=_page,
        let_go=beginning.let_go,
        told_as="",
    ),
    Product(
        next_period.PRODUCT,
        "Renewal",
        fulfil=next_period.renew,
        revoke=beginning.take_back,
        gone=next_period.cannot_renew,
        had=beginning.had,
        href=_page,
        told_as="renewed",
        counts_as=ordering.KIND,
    ),
    Product(
        changing.PRODUCT,
        "Change of tier",
        fulfil=changing.upgrade,
        revoke=changing.take_back,
        gone=changing.cannot_upgrade,
        had=beginning.had,
        href=_page,
        counts_as=ordering.KIND,
    ),
    Product(
        gifts.PRODUCT,
        "Gift",
        fulfil=gifts.bought,
        revoke=gifts.take_back,
        gone=gifts.cannot_be_bought,
        had=gifts.had,
        href=lambda sold: f"/gifts/card/{sold.subject_id}",
        thanks="Its card is ready to be given.",
    ),
)


def pays_for(method_id: UUID) -> list[str]:
    """What this card on file is going to be charged for, chosen for it or preferred."""
    method = kept_method(method_id)
    going = queries.mine(method.user_id)[0] if method else []
    renew = [one for one in going if one.subscription.renews]
    if method is None or not renew:
        return []
    methods = next_period.methods_of(method.user_id, [one.subscription for one in renew])
    return [f"{one.tier_name} of @{one.handle}" for one in renew if methods[one.subscription.id] == method_id]
