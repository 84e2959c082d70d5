"""How messages say no."""

from app.platform.errors import Refused


class Silent(Refused):
    """They may not write to each other, or not now."""

    status = 403
    code = "silent"


class Bought(Refused):
    """What somebody paid for stays theirs."""

    code = "bought"

    def __init__(self) -> None:
        super().__init__("Somebody paid for this. It stays.")


class NothingToOpen(Refused):
    code = "nothing_to_open"

    def __init__(self, why: str = "This is open to you already.") -> None:
        super().__init__(why)


class TooYoung(Refused):
    status = 403
    code = "too_young"

    def __init__(self) -> None:
        super().__init__("This is for adults.")


class TooLate(Refused):
    code = "too_late"
