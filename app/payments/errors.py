"""What can become of a call to a provider besides success, and what our own forms refuse."""

from app.platform.errors import Conflict, Refused


class Unsure(Exception):
    """No answer, or none that says: it may have been done. The same call with the same key tells."""


class Busy(Unsure):
    """The same call is being made by somebody else right now."""


class Contradicted(Unsure):
    """Several who should know say different things."""


class Impossible(Exception):
    """The provider does not do that, however often it is asked."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Declined(Exception):
    """The card's bank said no. `code` is the bank's, where it gave one."""

    def __init__(self, code: str, message: str, intent_id: str | None) -> None:
        super().__init__(message)
        self.code = code
        self.intent_id = intent_id


class RailClosed(Refused):
    code = "rail_closed"

    def __init__(self) -> None:
        super().__init__("This way of paying is closed here. Choose another one.")


class NoSuchInvoice(Refused):
    code = "no_such_invoice"

    def __init__(self) -> None:
        super().__init__("There is no such invoice. Its number in full stands in its address.", "invoice")


class StillInUse(Conflict):
    """Something renews by this card; who removes it all the same has to say so."""

    code = "method_in_use"

    def __init__(self, what: list[str]) -> None:
        super().__init__("This card pays for something that renews.")
        self.what = what


class TooLate(Conflict):
    code = "dispute_not_open"

    def __init__(self) -> None:
        super().__init__("This dispute was answered already, or is over.")


class OnItsWayBack(Conflict):
    code = "on_its_way_back"

    def __init__(self) -> None:
        super().__init__("It is on its way back to the wallet that it came from.")
