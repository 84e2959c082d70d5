"""How creators' operations say no."""

from app.platform.errors import Refused


class OwnPage(Refused):
    def __init__(self) -> None:
        super().__init__("This is your own page.")
