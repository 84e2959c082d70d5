"""How giving says no."""

from app.platform.errors import Refused


class OwnTip(Refused):
    def __init__(self) -> None:
        super().__init__("This is your own page: a tip comes from somebody else.")
