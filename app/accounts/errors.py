"""What an account can be refused, in words for the person in front of it."""

from app.platform.errors import Refused


class WrongCredentials(Refused):
    """The same for an unknown account, a wrong password, an address not confirmed and a deleted person."""

    code = "wrong_credentials"

    def __init__(self) -> None:
        super().__init__(
            "That e-mail or handle and password do not go together. Check both and try again. "
            "If you have just joined, open the link in our mail first."
        )


class Suspended(Refused):
    """Told only to somebody who proved who they are."""

    status = 403
    code = "suspended"

    def __init__(self) -> None:
        super().__init__("This account is suspended. Write to whoever runs this house to have it looked at.")


class WrongPassword(Refused):
    code = "wrong_password"

    def __init__(self, field: str = "password") -> None:
        super().__init__("That is not your current password.", field)


class WeakPassword(Refused):
    code = "weak_password"

    def __init__(self, message: str) -> None:
        super().__init__(message, "password")


class TooYoung(Refused):
    code = "too_young"

    def __init__(self, min_age: int) -> None:
        super().__init__(f"You have to be {min_age} or older to join.", "birth_date")


class BadBirthDate(Refused):
    code = "bad_birth_date"

    def __init__(self) -> None:
        super().__init__("Check the date: it should be the day you were born.", "birth_date")


class BadHandle(Refused):
    code = "bad_handle"

    def __init__(self, message: str) -> None:
        super().__init__(message, "handle")


class HandleTaken(Refused):
    """Handles are public, so this may be told."""

    code = "handle_taken"

    def __init__(self, suggestion: str | None) -> None:
        more = f" {suggestion} is free." if suggestion else " Try another one."
        super().__init__("That handle is taken." + more, "handle")
        self.suggestion = suggestion


class HandleChangedLately(Refused):
    code = "handle_changed_lately"


class BadEmail(Refused):
    code = "bad_email"

    def __init__(self, message: str) -> None:
        super().__init__(message, "email")


class RegistrationClosed(Refused):
    status = 403
    code = "registration_closed"

    def __init__(self) -> None:
        super().__init__("This house takes no new people at the moment.")


class LinkGone(Refused):
    """Used, too old, replaced by a newer one, or never ours: the answer is the same."""

    status = 410
    code = "link_gone"

    def __init__(self) -> None:
        super().__init__("This link was used already, has grown too old, or a newer one took its place.")


class AddressTaken(Refused):
    """Only for somebody who proved that the address is theirs."""

    status = 409
    code = "address_taken"

    def __init__(self) -> None:
        super().__init__("Another account uses this address by now.")


class ChallengeGone(Refused):
    status = 410
    code = "challenge_gone"

    def __init__(self) -> None:
        super().__init__("That took too long, or was done already. Start again.")


class HidingYourself(Refused):
    code = "hiding_yourself"

    def __init__(self) -> None:
        super().__init__("You cannot hide yourself.")
