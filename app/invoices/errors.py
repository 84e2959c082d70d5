from app.kit.money import readable
from app.platform.errors import Conflict, Refused


class NotPayable(Conflict):
    code = "not_payable"

    def __init__(self) -> None:
        super().__init__("This invoice cannot be paid any more.")


class NotOffered(Refused):
    code = "not_offered"

    def __init__(self, message: str = "This way of paying is not open here. Choose another one.") -> None:
        super().__init__(message, "rail")


class OverLimit(Refused):
    code = "over_spending_limit"

    def __init__(self, left: int, currency: str) -> None:
        super().__init__(
            f"This goes over your own spending limit: {readable(left, currency)} are left this month."
        )


class NothingLeft(Conflict):
    code = "nothing_left"

    def __init__(self) -> None:
        super().__init__("There is nothing left over on this invoice.")


class OnlyAsItCame(Refused):
    code = "only_as_it_came"

    def __init__(self) -> None:
        super().__init__("Its worth changes from day to day, so it can only be sent back as it came.")


class NotRefundable(Refused):
    code = "not_refundable"

    def __init__(self, at_most: int, currency: str) -> None:
        super().__init__(f"At most {readable(at_most, currency)} can go back.", "amount")


class NoLongerSold(Conflict):
    code = "no_longer_sold"


class NotEnoughCredit(Refused):
    code = "not_enough_credit"

    def __init__(self) -> None:
        super().__init__("There is no credit left to pay with.", "rail")


class OwnCase(Refused):
    code = "own_case"

    def __init__(self) -> None:
        super().__init__("This is about your own money: another admin decides.")


class NobodySells(Refused):
    code = "no_such_creator"

    def __init__(self, handle: str) -> None:
        super().__init__(f"There is no creator @{handle}.", "handle")


class SellerShort(Refused):
    code = "seller_short"

    def __init__(self) -> None:
        super().__init__("You have less than that with us. Ask the house to give it back.", "amount")
