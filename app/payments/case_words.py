"""What a case is about, and what to do about it, for admins."""

TITLES = {
    "answer_stuck": "An answer that the bank has not got",
    "attempt_stuck": "A payment whose outcome nobody knows",
    "balance": "The whole balance differs",
    "balance_differs": "A transaction that says one thing and does another",
    "cold_failed": "Coins did not reach cold storage",
    "credit_left": "A bank took a payment back that somebody who left had as credit",
    "credit_spent": "A bank took a payment back that its payer had spent as credit",
    "dispute_of_unknown": "A dispute about a payment that is not ours",
    "foreign_token": "Somebody paid with another token",
    "hot_wallet_short": "The hot wallet is too empty to pay",
    "left_by_hand": "Coins left the hot wallet, and not by us",
    "no_entry": "A movement that is not in the books",
    "nodes_differ": "Nodes of the chain differ about a transaction",
    "no_movement": "An entry that the provider knows nothing of",
    "other_coin": "Somebody paid with another coin than asked for",
    "price_jumped": "A coin's price jumped",
    "prices_differ": "Sources differ about a coin's price",
    "processor_short": "Too little at the card processor to pay a creator",
    "refund_after_all": "A refund that went back twice",
    "refund_by_hand": "A refund made on the provider's own pages",
    "refund_stuck": "A refund whose outcome nobody knows",
    "refunded_already": "A refund of what had gone back already",
    "restored": "Renewals, payouts and refunds wait since the database was restored",
    "send_unclear": "Coins that left, or did not: no node remembers",
    "unknown_money": "Money came, and nobody knows what for",
    "unreadable": "A transaction that cannot be read",
}
ADVICE = {
    "answer_stuck": "We go on sending it. Where time is short, answer on the provider's own pages.",
    "attempt_stuck": "We go on asking. If the provider knows of none after three days, it has failed, and its"
    " payer can try again.",
    "balance": "Compare with what the provider had before the house began, and with open cases.",
    "balance_differs": "Look the transaction up. What came is kept as nobody's; it paid no invoice.",
    "cold_failed": "Check the address of the cold wallet.",
    "credit_left": "They spent that credit, or gave it up to the house when they left: then nothing is lost."
    " Answer the dispute: if the bank decides against the house, it has lost no more than this.",
    "credit_spent": "What they bought with that credit stays theirs; what of it comes back is taken then."
    " Answer the dispute: if the bank decides against the house, it has lost this much, less what came back.",
    "foreign_token": "The books know no such token. Send it back by hand, and tell the payer how to pay.",
    "hot_wallet_short": "Send some of this coin to the hot wallet; what waits goes on by itself."
    " The case that opens about your transfer is where you say that it is the house's own.",
    "other_coin": "Count it for the invoice at today's price, or send it back.",
    "price_jumped": "Compare with another source. Until it calms down, nobody can pay with this coin.",
    "prices_differ": "Compare with another source, and take the one that errs out of SOLANA_RATE_URL."
    " Until they agree, nobody can pay with this coin.",
    "nodes_differ": "Look the transaction up elsewhere, and take the node that errs out of SOLANA_RPC_URL."
    " Until they agree it counts for nothing.",
    "send_unclear": "Nothing is sent again before it is clear. Add a node that keeps the whole chain to"
    " SOLANA_RPC_URL.",
    "unknown_money": "When its sender writes to you, count it for their invoice."
    " If nobody does, send it back. If you sent it yourself, say that it is the house's own deposit.",
    "unreadable": "Look the transaction up. If it brought money, book it by an adjustment.",
    "dispute_of_unknown": "Look the dispute up at the provider: does somebody else use the account as well?",
    "left_by_hand": "Find out who has the wallet's key. It is booked as an adjustment.",
    "no_entry": "Look the movement up at the provider. If it is right, book it by an adjustment.",
    "no_movement": "Look the entry up in the ledger. If nothing moved, take it back by an adjustment.",
    "processor_short": "Top up the house's account at the processor. What a creator had asked for came back"
    " to them; they ask again.",
    "refund_after_all": "The payer has it as credit and from their bank. Correct their credit by an"
    " adjustment.",
    "refund_by_hand": "The payer has the money, and the books do not say so. Book it by an adjustment."
    " The next time, refund from the invoice's page here.",
    "refund_stuck": "We go on asking. Where the payer writes to you, look it up at the provider.",
    "refunded_already": "The provider says that all of it went back before. Find out by whom.",
    "restored": "What was charged, paid out and given back after that second, the house has forgotten."
    " Compare with the providers' own pages, and with the cases that open within an hour: book what is gone"
    " already by an adjustment. A card that was charged for a period, a post or a message is not charged for"
    " it again: what came counts as soon as the same is asked for. Close this case then: renewals, payouts"
    " and refunds go on. Whoever has access keeps it for seven days meanwhile.",
}


def title(kind: str) -> str:
    return TITLES.get(kind, kind.replace("_", " ").capitalize())


def advice(kind: str) -> str:
    return ADVICE.get(kind, "")
