"""What can go wrong on purpose. Operations raise these; the edge turns them into answers."""


class Refused(Exception):
    """The domain says no. `field` names the form field beside which the reason is shown."""

    status = 422
    code = "refused"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(Refused):
    """It is not there, or not for this person: the answer is the same."""

    status = 404
    code = "not_found"

    def __init__(self, message: str = "There is nothing at this address, or it is not yours to see.") -> None:
        super().__init__(message)


class Forbidden(Refused):
    status = 403
    code = "forbidden"


class Conflict(Refused):
    status = 409
    code = "conflict"


class SignInNeeded(Refused):
    status = 401
    code = "sign_in_needed"

    def __init__(self, message: str = "Sign in to go on.") -> None:
        super().__init__(message)


class FreshSignInNeeded(Refused):
    """Signed in, but too long ago for something this sensitive."""

    status = 401
    code = "fresh_sign_in_needed"

    def __init__(self) -> None:
        super().__init__("Confirm that it is you to go on.")


class SecondFactorNeeded(Refused):
    status = 403
    code = "second_factor_needed"

    def __init__(self) -> None:
        super().__init__("This part of the house needs a second factor. Add one to your account first.")


class TooMany(Refused):
    status = 429
    code = "too_many"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(Refused):
    status = 503
    code = "unavailable"

    def __init__(self, message: str, retry_after: int = 2) -> None:
        super().__init__(message)
        self.retry_after = retry_after
