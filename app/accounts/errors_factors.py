"""What second factors, passkeys and wallets can be refused, in words for the person in front of it."""

from app.platform.errors import Conflict, Refused


class WrongCode(Refused):
    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__(
            "This code does not fit. Take the one that the app shows now, or a recovery code not yet used.",
            "code",
        )


class FirstProofVoid(Refused):
    code = "first_proof_void"

    def __init__(self) -> None:
        super().__init__("Several codes did not fit, so this attempt is over. Sign in again.")


class WrongSetupCode(Refused):
    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__("This code does not fit. Take the one that the app shows now.", "code")


class NothingToConfirm(Refused):
    status = 409
    code = "nothing_to_confirm"

    def __init__(self) -> None:
        super().__init__("There is no set-up under way. Start it again.")


class AlreadySetUp(Conflict):
    code = "already_set_up"

    def __init__(self) -> None:
        super().__init__("An authenticator app is set up already. Remove it first to use another one.")


class StaffKeepsFactor(Refused):
    code = "staff_keeps_factor"

    def __init__(self) -> None:
        super().__init__(
            "Who looks after this house keeps a second factor. Add another one before you remove this one."
        )


class LastWayIn(Refused):
    code = "last_way_in"

    def __init__(self, name: str, instead: str) -> None:
        super().__init__(f"This {name} is the only way into your account. Add {instead} first.")


class PasskeyRefused(Refused):
    code = "passkey_refused"

    def __init__(self, message: str = "The passkey's answer could not be checked. Try again.") -> None:
        super().__init__(message)


class PasskeyUnknown(Refused):
    code = "passkey_unknown"

    def __init__(self) -> None:
        super().__init__("This passkey is not known here any more. Choose another one, or another way in.")


class TooManyFactors(Refused):
    code = "too_many_factors"

    def __init__(self, what: str, at_most: int) -> None:
        super().__init__(f"{at_most} {what} are the most one account can have. Remove one first.")


class WalletRefused(Refused):
    code = "wallet_refused"


class WalletTaken(Conflict):
    code = "wallet_taken"

    def __init__(self) -> None:
        super().__init__("This wallet opens another account. Remove it there first, or sign in with it.")
