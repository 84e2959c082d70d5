"""How broadcasts say no."""

from app.platform.errors import Refused


class NotNow(Refused):
    """It is out, or on its way, or not what was looked at."""

    code = "not_now"


class Nobody(Refused):
    code = "nobody"

    def __init__(self) -> None:
        super().__init__("There is nobody like that at the moment: choose others, or wait for the first.")


class Full(Refused):
    code = "full"
