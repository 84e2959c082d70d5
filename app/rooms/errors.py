"""How rooms say no."""

from app.platform.errors import Refused


class ShutOut(Refused):
    """The room is not open to them, or they may only read."""

    status = 403
    code = "shut_out"


class NotYet(Refused):
    """The room is slow: one message of a person in so many seconds."""

    status = 422
    code = "slow_mode"


class NoRoom(Refused):
    code = "no_room"

    def __init__(self) -> None:
        super().__init__("Open your room first.")


class NotOfTheirs(Refused):
    code = "not_in_the_room"
