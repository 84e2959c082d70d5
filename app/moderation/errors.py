"""How moderation says no."""

from app.platform.errors import Conflict, Refused


class OwnThing(Refused):
    code = "own_thing"

    def __init__(self) -> None:
        super().__init__("This is your own. You can change or delete it yourself.")


class OwnCase(Refused):
    code = "own_case"

    def __init__(self) -> None:
        super().__init__("This is about something of yours: another moderator decides.")


class Unwelcome(Refused):
    """It was looked at before it reached anybody, and is not carried."""

    code = "unwelcome"


class ReportedAgain(Conflict):
    code = "reported_again"

    def __init__(self) -> None:
        super().__init__("More was said about it meanwhile. Read it, and decide then.")


class DecidedAlready(Conflict):
    code = "decided_already"

    def __init__(self) -> None:
        super().__init__("Somebody has decided about this meanwhile. Reload the page and look again.")
