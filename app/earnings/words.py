"""What things are called where creators read them."""

# Entries of the ledger that a creator's accounts see.
ENTRIES = {
    "sale": "Sale",
    "refund": "Refund",
    "release": "Became free",
    "dispute": "Dispute opened",
    "dispute_won": "Dispute won",
    "dispute_lost": "Dispute lost",
    "payout": "Payout",
    "payout_failed": "Payout came back",
    "adjustment": "Correction",
}
RAILS = {"card": "Bank account", "solana": "Solana wallet"}
STATES = {"due": "About to be sent", "sent": "On its way", "paid": "Paid out", "failed": "Came back"}
LOOKS = {"due": "warn", "sent": "warn", "paid": "good", "failed": "bad"}
RHYTHMS = {"by_hand": "When I ask for it", "weekly": "Every Monday", "monthly": "On the first of the month"}
CANCELLED = "cancelled"
ACCOUNTS = {"creator_available": "Free to be paid out", "fan_credit": "Credit to pay with"}
# What the card processor wants to know, by the beginning of the name it has for it.
WANTS = {
    "external_account": "Your bank account",
    "tos_acceptance": "That you accept its terms",
    "business_profile": "What you do",
    "business_type": "Whether you are a person or a company",
    "company": "Details of your company",
    "individual.verification": "A document that shows who you are",
    "individual": "Details about you",
    "representative": "Who acts for your company",
    "person": "Details about the people behind your company",
}


def entry(kind: str) -> str:
    return ENTRIES.get(kind, kind.replace("_", " ").capitalize())


def wanted(names: list[str]) -> list[str]:
    """In plain words, each once."""
    found = (next((said for name, said in WANTS.items() if one.startswith(name)), "") for one in names)
    return list(dict.fromkeys(said or "Some more details" for said in found))
