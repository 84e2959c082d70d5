"""Where people go on once they are in."""

from app.platform import front
from app.platform.pages import safe_next
from app.platform.viewer import viewer

ADDRESS_MAX = 500


def wanted(address: str | None) -> str:
    """Where they were on their way to, when that is a page of ours and short enough to be kept."""
    found = safe_next(address, "")
    return found if len(found) <= ADDRESS_MAX else ""


def home_or(address: str | None) -> str:
    """Where they were on their way to, else home."""
    person = viewer()
    return wanted(address) or (front.home() if person else "/")
