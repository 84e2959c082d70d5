"""What cards and their banks say, for people."""

NOT_ENOUGH = "There is not enough money on the card. Nothing was taken."
CONFIRM = "Your bank wants you to confirm this payment. Choose another card below: its page asks you there."
EXPIRED_CARD = "The card has expired. Nothing was taken. Pay with another one."
BLOCKED = "The bank has blocked this card. Nothing was taken. Pay with another one."
DECLINED = "The bank declined the card. Nothing was taken. Try another card, or ask your bank why."
REFUSED = "The card processor refused this payment. Nothing was taken. Try another card."
BANK_REFUSED = "Your bank refused the payment. Nothing was taken."
NEVER_ASKED = "The card processor was away for days. Nothing was taken. Try again."
PAGE_OVER = "The payment page was open for too long. Nothing was taken."

DECLINES = {
    "authentication_not_handled": CONFIRM,
    "authentication_required": CONFIRM,
    "expired_card": EXPIRED_CARD,
    "insufficient_funds": NOT_ENOUGH,
    "lost_card": BLOCKED,
    "never_asked": NEVER_ASKED,
    "payment_method_provider_decline": BANK_REFUSED,
    "pickup_card": BLOCKED,
    "refused": REFUSED,
    "stolen_card": BLOCKED,
}
BRANDS = {"amex": "American Express", "diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay"}


def declined(code: str) -> str:
    return DECLINES.get(code, DECLINED)


def brand(name: str) -> str:
    return BRANDS.get(name, name.replace("_", " ").capitalize())
