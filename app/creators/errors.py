"""How creators' operations say no."""

from app.platform.errors import Conflict, Refused


class OwnPage(Refused):
    def __init__(self) -> None:
        super().__init__("This is your own page.")


class NoPage(Refused):
    """Somebody may have a page, and has not made it yet: they are led to where it is made."""

    code = "no_page"

    def __init__(self) -> None:
        super().__init__("Make your page first.")


class CurrencyInUse(Refused):
    def __init__(self) -> None:
        super().__init__("Your tiers have prices in it. Archive them before you change it.", "currency")


class TierNameTaken(Refused):
    def __init__(self) -> None:
        super().__init__("You have a tier of this name already.", "name")


class TooManyTiers(Conflict):
    def __init__(self, most: int) -> None:
        super().__init__(f"{most} tiers are the most. Archive one before you add another.")


class NobodyLikeThat(Refused):
    def __init__(self) -> None:
        super().__init__("There is nobody with this handle.", "handle")
