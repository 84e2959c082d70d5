"""Cards that behave in one known way each, after those that Stripe publishes for tests."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    code: str
    decline: str
    message: str


DECLINED = Refusal("card_declined", "generic_decline", "Your card was declined.")
NO_FUNDS = Refusal("card_declined", "insufficient_funds", "Your card has insufficient funds.")
EXPIRED = Refusal("expired_card", "expired_card", "Your card has expired.")
NEEDS_HOLDER = Refusal(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)
NOT_CONFIRMED = Refusal(
    "payment_intent_authentication_failure", "", "The card's bank could not confirm that it is you."
)
BANK_REFUSED = Refusal("payment_method_provider_decline", "", "The bank refused the debit.")


@dataclass(frozen=True, slots=True)
class PlayCard:
    """`number` is what the page's choice sends; `tokens` are ids that stand for a fresh such card."""

    number: str
    does: str
    tokens: tuple[str, ...] = ()
    brand: str = "visa"
    # What happens at the first charge or when it is saved, and at one while its holder is away.
    refused: Refusal | None = None
    refused_later: Refusal | None = None
    # When the bank asks its holder: never, until it was saved with the holder there, always.
    asks: str = "never"
    disputed: bool = False
    refund_fails: bool = False
    # A debit from a bank account: whether it is honoured, which is known later.
    honoured: bool | None = None

    @property
    def is_bank(self) -> bool:
        return self.honoured is not None

    @property
    def written(self) -> str:
        return " ".join(self.number[n : n + 4] for n in range(0, len(self.number), 4))


CARDS = {
    card.number: card
    for card in (
        PlayCard("4242424242424242", "is charged", ("pm_card_visa",)),
        PlayCard("5555555555554444", "is charged", ("pm_card_mastercard",), brand="mastercard"),
        PlayCard(
            "4000002500003155",
            "asks for confirmation (3-D Secure) until it is saved",
            ("pm_card_authenticationRequiredOnSetup",),
            asks="once",
        ),
        PlayCard(
            "4000002760003184",
            "asks for confirmation (3-D Secure) every time",
            ("pm_card_authenticationRequired",),
            asks="always",
        ),
        PlayCard(
            "4000000000000002",
            "is declined",
            ("pm_card_chargeDeclined", "pm_card_visa_chargeDeclined"),
            refused=DECLINED,
        ),
        PlayCard(
            "4000000000009995",
            "has no money left",
            ("pm_card_chargeDeclinedInsufficientFunds", "pm_card_visa_chargeDeclinedInsufficientFunds"),
            refused=NO_FUNDS,
        ),
        PlayCard("4000000000000069", "has expired", ("pm_card_chargeDeclinedExpiredCard",), refused=EXPIRED),
        PlayCard(
            "4000000000000341",
            "is charged now, and declined when it is charged later",
            ("pm_card_chargeCustomerFail",),
            refused_later=DECLINED,
        ),
        PlayCard(
            "4000000000000259",
            "is charged, and disputed as fraud later",
            ("pm_card_createDispute",),
            disputed=True,
        ),
        PlayCard(
            "4000000000005423",
            "is charged, and cannot take a refund",
            ("pm_card_refundFail",),
            refund_fails=True,
        ),
        PlayCard("000123456789", "Bank debit that arrives after a while", honoured=True),
        PlayCard("000111111116", "Bank debit that the bank refuses after a while", honoured=False),
    )
}
BY_TOKEN = {token: card for card in CARDS.values() for token in card.tokens}
