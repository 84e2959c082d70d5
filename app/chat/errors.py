"""How messages say no."""

from app.platform.errors import Refused


class Silent(Refused):
    """They may not write to each other, or not now."""

    status = 403
    code = "silent"


class TooLate(Refused):
    code = "too_late"
