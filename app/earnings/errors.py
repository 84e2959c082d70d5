from app.kit.money import readable
from app.platform.errors import Conflict, Refused


class NotThere(Refused):
    code = "payout_not_covered"

    def __init__(self, available: int, currency: str) -> None:
        super().__init__(f"{readable(max(available, 0), currency)} can be paid out at the moment.", "amount")


class TooLittle(Refused):
    code = "payout_too_small"

    def __init__(self, least: int, currency: str) -> None:
        super().__init__(f"A payout is {readable(least, currency)} at least.", "amount")


class OneAtATime(Conflict):
    code = "payout_under_way"

    def __init__(self, currency: str) -> None:
        super().__init__(f"A payout in {currency} is on its way already. Wait until it has arrived.")


class NotReady(Conflict):
    code = "payout_account_not_ready"

    def __init__(self, message: str = "This way of being paid out is not set up to the end.") -> None:
        super().__init__(message)


class NotSoSoon(Conflict):
    code = "payout_account_new"

    def __init__(self, until: str) -> None:
        super().__init__(f"Where your money goes is new, so payouts go there from {until} on.")


class WrongCurrency(Refused):
    code = "payout_currency"

    def __init__(self, currency: str) -> None:
        super().__init__(f"{currency} cannot be paid out this way. Choose another one.", "account")


class OnItsWay(Conflict):
    code = "payout_sent"

    def __init__(self) -> None:
        super().__init__("It is on its way already, and cannot be called back.")


class InUse(Conflict):
    code = "payout_account_in_use"

    def __init__(self) -> None:
        super().__init__("A payout is on its way there. Wait until it has arrived.")


class NoWallet(Refused):
    code = "not_a_wallet"

    def __init__(self, message: str) -> None:
        super().__init__(message, "address")


class NobodyThere(Refused):
    code = "no_such_person"

    def __init__(self, handle: str) -> None:
        super().__init__(f"There is nobody called @{handle}.", "handle")


class TwoPeople(Refused):
    code = "two_people"

    def __init__(self) -> None:
        super().__init__("Another admin decides about what you proposed.")


class Decided(Conflict):
    code = "decided"

    def __init__(self) -> None:
        super().__init__("This was decided already.")


class OwnerLeft(Conflict):
    code = "owner_left"

    def __init__(self) -> None:
        super().__init__("They have left, and have no balance here any more.")


class NotCoveredThere(Refused):
    code = "adjustment_not_covered"

    def __init__(self) -> None:
        super().__init__("They do not have that much any more.")
