"""How broadcasts say no."""

from app.platform.errors import Refused


class NotNow(Refused):
    """It is out, or on its way, or not what was looked at."""

    code = "not_now"


class SavedElsewhere(Refused):
    code = "saved_elsewhere"

    def __init__(self) -> None:
        super().__init__(
            "It was saved or scheduled in another window meanwhile. Yours is not saved yet: save it again to "
            "put it in the place of the other one, or open the broadcast anew to keep that."
        )


class Nobody(Refused):
    code = "nobody"

    def __init__(self) -> None:
        super().__init__("There is nobody like that at the moment: choose others, or wait for the first.")


class Full(Refused):
    code = "full"
