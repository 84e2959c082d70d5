"""What a case is about, and what to do about it, for admins."""

TITLES = {
    "attempt_stuck": "A payment whose outcome nobody knows",
    "balance": "The whole balance differs",
    "balance_differs": "A transaction that says one thing and does another",
    "cold_failed": "Coins did not reach cold storage",
    "dispute_of_unknown": "A dispute about a payment that is not ours",
    "foreign_token": "Somebody paid with another token",
    "hot_wallet_short": "The hot wallet is too empty to pay",
    "left_by_hand": "Coins left the hot wallet, and not by us",
    "no_entry": "A movement that is not in the books",
    "no_movement": "An entry that the provider knows nothing of",
    "other_coin": "Somebody paid with another coin than asked for",
    "price_jumped": "A coin's price jumped",
    "refund_by_hand": "A refund made on the provider's own pages",
    "refund_stuck": "A refund whose outcome nobody knows",
    "refunded_already": "A refund of what had gone back already",
    "unknown_money": "Money came, and nobody knows what for",
    "unreadable": "A transaction that cannot be read",
}
ADVICE = {
    "attempt_stuck": "Look the payment up at the provider. If it was made, its event books it.",
    "balance": "Compare with what the provider had before the house began, and with open cases.",
    "balance_differs": "Look the transaction up. What came is kept as nobody's; it paid no invoice.",
    "cold_failed": "Check the address of the cold wallet.",
    "foreign_token": "The books know no such token. Send it back by hand, and tell the payer how to pay.",
    "hot_wallet_short": "Send some of this coin to the hot wallet; what waits goes on by itself."
    " The case that opens about your transfer is where you say that it is the house's own.",
    "other_coin": "Count it for the invoice at today's price, or send it back.",
    "price_jumped": "Compare with another source. Until it calms down, nobody can pay with this coin.",
    "unknown_money": "When its sender writes to you, count it for their invoice."
    " If you sent it yourself, say that it is the house's own deposit.",
    "unreadable": "Look the transaction up. If it brought money, book it by an adjustment.",
    "dispute_of_unknown": "Look the dispute up at the provider: does somebody else use the account as well?",
    "left_by_hand": "Find out who has the wallet's key. It is booked as an adjustment.",
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
