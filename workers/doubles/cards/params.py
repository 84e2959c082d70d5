"""What a request asks, out of form encoding with nested names: `items[0][price]=5`."""

import re
from collections.abc import Iterable
from typing import Any

from workers.doubles.cards.errors import invalid

NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
PART = re.compile(r"\[([^\[\]]*)\]")
MOST_METADATA, LONGEST_KEY, LONGEST_VALUE = 50, 40, 500


def decode(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Nested values; numbered ones as lists."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        match = NAME.fullmatch(name)
        if match is None:
            raise invalid(f"Invalid parameter name: {name}", param=name)
        _put(tree, [match[1], *PART.findall(match[2])], value)
    return {name: _listed(value) for name, value in tree.items()}


def _put(tree: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        tree = tree.setdefault(part or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise invalid(f"Invalid parameter: {path[0]}", param=path[0])
    tree[path[-1] or str(len(tree))] = value


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(each) for name, each in value.items()}
    return [inner[name] for name in sorted(inner, key=int)] if all(n.isdecimal() for n in inner) else inner


class Params:
    """The parameters of a call. Each is taken once; what nobody took is unknown (`finish`)."""

    def __init__(self, values: dict[str, Any], path: str = "") -> None:
        self._left = dict(values)
        self._path = path
        self._inner: list[Params] = []

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def name(self, name: str) -> str:
        return f"{self._path}[{name}]" if self._path else name

    def text(self, name: str) -> str | None:
        value = self._left.pop(name, None)
        if value is not None and not isinstance(value, str):
            raise invalid(f"Invalid string: {self.name(name)}", param=self.name(name))
        return value or None

    def need(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise invalid(
                f"Missing required param: {self.name(name)}.", self.name(name), code="parameter_missing"
            )
        return value

    def integer(self, name: str, *, least: int | None = None, most: int | None = None) -> int | None:
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"-?\d{1,15}", value):
            raise invalid(f"Invalid integer: {value}", self.name(name), code="parameter_invalid_integer")
        number = int(value)
        if (least is not None and number < least) or (most is not None and number > most):
            raise invalid(
                f"Invalid value for {self.name(name)}: {number} is out of range.",
                self.name(name),
                code="parameter_invalid_integer",
            )
        return number

    def amount(self, name: str = "amount") -> int:
        """A sum that must be there, in the smallest unit."""
        value = self.integer(name, least=1, most=99_999_999)
        if value is None:
            raise invalid(
                f"Missing required param: {self.name(name)}.", self.name(name), code="parameter_missing"
            )
        return value

    def currency(self) -> str:
        value = self.need("currency").lower()
        if not re.fullmatch("[a-z]{3}", value):
            raise invalid(f"Invalid currency: {value}", self.name("currency"))
        return value

    def flag(self, name: str, *, otherwise: bool = False) -> bool:
        value = self.choice(name, "true", "false")
        return otherwise if value is None else value == "true"

    def choice(self, name: str, *allowed: str) -> str | None:
        value = self.text(name)
        if value is not None and value not in allowed:
            raise invalid(f"Invalid {self.name(name)}: must be one of {', '.join(allowed)}", self.name(name))
        return value

    def texts(self, name: str) -> list[str]:
        value = self._left.pop(name, None) or []
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise invalid(f"Invalid array: {self.name(name)}", self.name(name))
        return value

    def nested(self, name: str) -> "Params":
        value = self._left.pop(name, None) or {}
        if not isinstance(value, dict):
            raise invalid(f"Invalid object: {self.name(name)}", self.name(name))
        return self._child(value, self.name(name))

    def items(self, name: str) -> list["Params"]:
        value = self._left.pop(name, None) or []
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise invalid(f"Invalid array: {self.name(name)}", self.name(name))
        return [self._child(each, f"{self.name(name)}[{n}]") for n, each in enumerate(value)]

    def whole(self, name: str) -> Any:
        """As it came: what is kept and shown, and means nothing here."""
        return self._left.pop(name, None) or None

    def metadata(self, current: dict[str, str] | None = None) -> dict[str, str]:
        """The current pairs with the given ones over them; an empty value takes one away."""
        given = self._left.pop("metadata", {})
        if given == "":
            return {}
        pairs = dict(enumerate(given)) if isinstance(given, list) else given
        merged = {**(current or {}), **{str(key): value for key, value in pairs.items()}}
        merged = {key: value for key, value in merged.items() if value != ""}
        if len(merged) > MOST_METADATA:
            raise invalid(f"Metadata has more than {MOST_METADATA} keys", self.name("metadata"))
        for key, value in merged.items():
            if not isinstance(value, str) or len(key) > LONGEST_KEY or len(value) > LONGEST_VALUE:
                raise invalid(f"Metadata {key} is too long", self.name("metadata"))
        return merged

    def accept(self, *names: str) -> None:
        """Known parameters that change nothing here."""
        for name in names:
            self._left.pop(name, None)

    def finish(self) -> None:
        """Refuse what nobody took."""
        for name in self._left:
            raise invalid(
                f"Received unknown parameter: {self.name(name)}", self.name(name), "parameter_unknown"
            )
        for inner in self._inner:
            inner.finish()

    def _child(self, values: dict[str, Any], path: str) -> "Params":
        child = Params(values, path)
        self._inner.append(child)
        return child
