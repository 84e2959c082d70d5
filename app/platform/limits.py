"""Rate limits. See `check_request` (guards) and `Limit` (operations)."""


def check_request(name: str) -> None: ...


def clear() -> None: ...
