"""What a case is about, and what to do about it, for admins."""

TITLES = {
    "attempt_stuck": "A payment whose outcome nobody knows",
    "balance": "The whole balance differs",
    "dispute_of_unknown": "A dispute about a payment that is not ours",
    "no_entry": "A movement that is not in the books",
    "no_movement": "An entry that the provider knows nothing of",
    "refund_by_hand": "A refund made on the provider's own pages",
    "refund_stuck": "A refund whose outcome nobody knows",
    "refunded_already": "A refund of what had gone back already",
}
ADVICE = {
    "attempt_stuck": "Look the payment up at the provider. If it was made, its event books it.",
    "balance": "Compare with what the provider had before the house began, and with open cases.",
    "dispute_of_unknown": "Look the dispute up at the provider: does somebody else use the account as well?",
    "no_entry": "Look the movement up at the provider. If it is right, book it by an adjustment.",
    "no_movement": "Look the entry up in the ledger. If nothing moved, take it back by an adjustment.",
    "refund_by_hand": "The payer has the money, and the books do not say so. Book it by an adjustment."
    " The next time, refund from the invoice's page here.",
    "refund_stuck": "Look the refund up at the provider. If it was never made, it can be asked for again.",
    "refunded_already": "The provider says that all of it went back before. Find out by whom.",
}


def title(kind: str) -> str:
    return TITLES.get(kind, kind.replace("_", " ").capitalize())


def advice(kind: str) -> str:
    return ADVICE.get(kind, "")
