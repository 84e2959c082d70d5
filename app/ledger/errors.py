"""How the ledger says no."""

from app.platform.errors import Conflict, Refused


class NotCovered(Refused):
    """There is less on the account than should leave it."""

    code = "not_covered"

    def __init__(self) -> None:
        super().__init__("There is not enough to cover this.")


class CauseReused(Conflict):
    """The cause stands on the books already, with other amounts."""

    code = "cause_reused"

    def __init__(self, cause: str) -> None:
        super().__init__("This was booked before, and differently.")
        self.cause = cause


class HoldGone(Conflict):
    code = "hold_gone"

    def __init__(self) -> None:
        super().__init__("What was set aside for this is no longer there.")


class OverReversed(Conflict):
    code = "over_reversed"

    def __init__(self) -> None:
        super().__init__("More would be taken back than there is left of it.")
