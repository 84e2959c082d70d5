from datetime import datetime

from app.platform.errors import Conflict, Refused


class AlreadySubscribed(Conflict):
    code = "already_subscribed"

    def __init__(self) -> None:
        super().__init__("You subscribe to this creator already. Change it under your subscriptions.")


class OwnTier(Refused):
    def __init__(self) -> None:
        super().__init__("This is your own page.")


class NotOfferedSo(Refused):
    code = "not_offered"

    def __init__(self, field: str = "months") -> None:
        super().__init__("This is not offered any more. Choose another one.", field)


class NoSeat(Conflict):
    code = "no_seat"

    def __init__(self) -> None:
        super().__init__("All seats of this tier are taken. One may become free later.")


class CardFirst(Refused):
    code = "card_first"

    def __init__(self) -> None:
        super().__init__("A trial needs a card on file. Add one to your payment methods, then come back.")


class NoTrial(Refused):
    def __init__(self) -> None:
        super().__init__("You had your trial with this creator already.")


class NotACode(Refused):
    code = "no_such_code"

    def __init__(self, message: str = "This code is not known here.") -> None:
        super().__init__(message, "code")


class CodeTaken(Refused):
    def __init__(self) -> None:
        super().__init__("You have an open code of this name already.", "code")


class NotNow(Conflict):
    """The subscription is not in a state for that."""

    code = "not_now"


class ChangedMeanwhile(Conflict):
    code = "changed_meanwhile"

    def __init__(self) -> None:
        super().__init__("Something changed meanwhile. Look again, and decide anew.")


class TooEarly(Conflict):
    code = "too_early"

    def __init__(self, since: datetime) -> None:
        super().__init__(f"It can be renewed from {since:%-d %B %Y} on.")


class NoSuchGift(Refused):
    code = "no_such_gift"

    def __init__(self) -> None:
        super().__init__("No gift has this code. Compare it with the card.", "code")


class GiftNotNow(Conflict):
    code = "gift_not_now"


class NobodyThere(Refused):
    code = "nobody_there"

    def __init__(self) -> None:
        super().__init__("There is nobody with this handle.", "to")
