"""How the processor says no."""

from typing import Any

Body = dict[str, Any]


class ApiError(Exception):
    """An answer that is no success. With `keep`, what was done until then stays (a declined charge)."""

    def __init__(  # noqa: PLR0913 - what an error may say
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        more: Body | None = None,
        keep: bool = False,
        executed: bool = True,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.keep = keep
        # What was refused before it began is not remembered under its idempotency key.
        self.executed = executed
        named = {"code": code, "param": param}
        self.error: Body = {"type": kind, "message": message}
        self.error |= {name: value for name, value in named.items() if value} | (more or {})

    @property
    def body(self) -> Body:
        return {"error": self.error}


def invalid(message: str, param: str = "", code: str = "") -> ApiError:
    """A parameter that cannot be, found before anything was done."""
    return ApiError(message, param=param, code=code, executed=False)


def impossible(message: str, code: str = "", **more: Any) -> ApiError:
    """What the state of things does not allow."""
    return ApiError(message, code=code, more=more)


def no_such(kind: str, key: str, *, param: str = "id", status: int = 404) -> ApiError:
    return ApiError(
        f"No such {kind.replace('.', ' ')}: '{key}'", status=status, code="resource_missing", param=param
    )


def no_access(account: str) -> ApiError:
    """An account that is none, or of another platform: it says no more than that."""
    return ApiError(
        f"The provided key 'sk_test_******play' does not have access to account '{account}' (or that account "
        "does not exist). Application access may have been revoked.",
        status=403,
        code="account_invalid",
        executed=False,
    )
