"""What states are called where people read them, and how they look (chips of components/things.html)."""

STATES = {
    "open": "To be paid",
    "processing": "On its way",
    "underpaid": "Part paid",
    "paid": "Paid",
    "overpaid": "Paid, with something left over",
    "expired": "Expired",
    "cancelled": "Cancelled",
    "part_refunded": "Partly refunded",
    "refunded": "Refunded",
    "disputed": "Disputed",
}
LOOKS = {
    "processing": "warn",
    "underpaid": "warn",
    "paid": "good",
    "overpaid": "good",
    "disputed": "bad",
}
REFUNDS = {
    "due": "about to be sent",
    "sent": "on its way",
    "succeeded": "arrived",
    "failed": "came back, and is credit now",
}
ATTEMPTS = {
    "made": "begun",
    "waiting": "waiting",
    "succeeded": "paid",
    "failed": "failed",
    "expired": "expired",
    "cancelled": "called off",
}
DISPUTES = {"open": "open", "won": "decided for the seller", "lost": "decided for the payer"}
# Why somebody refunds, and what is written down for it.
REASONS = {
    "asked": "The buyer asked for it",
    "mistake": "Bought by mistake, or twice",
    "not_delivered": "They did not get what they paid for",
    "fraud": "It was not their money",
    "other": "Another reason",
}
# Where nobody asked for it; its payer reads that too.
OF_ITSELF = {
    "gone": "It could not be had any more when the bank had decided",
    "gift_unopened": "Nobody can open the gift any more",
}


def reason(name: str) -> str:
    return (REASONS | OF_ITSELF).get(name) or kind(name)


def kind(name: str) -> str:
    return name.replace("_", " ").capitalize()
