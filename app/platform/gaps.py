"""HTML that is rendered once and completed many times: it has gaps, and these have names.

While it is rendered, a gap is its name between two random marks, so that nothing that people write can look
like one.
"""

import re
from collections.abc import Mapping
from itertools import count

from app.kit import chance

# Of what is ready for `%`: a sign that stands for itself, or a gap.
GAP = re.compile(r"%(?:%|\(([^)]+)\)s)")
KEY_FIELD = re.compile(r'(?<=name="idempotency_key" value=")[^"]*')
KEY = "idempotency_key"


class Marks:
    def __init__(self) -> None:
        self._mark = chance.token(18)

    def gap(self, name: str) -> str:
        return f"{self._mark}{name}{self._mark}"

    def keys(self, html: str, *, of: str = "") -> str:
        """Each form's key begins with the page's, which is a gap, and goes on with a number of its own."""
        numbers = count(1)
        return KEY_FIELD.sub(lambda _: f"{self.gap(KEY)}.{of}{next(numbers)}", html)

    def ready(self, html: str) -> str:
        """As `%` would take it, so that it can be kept anywhere."""
        parts = html.split(self._mark)
        parts[::2] = [text.replace("%", "%%") for text in parts[::2]]
        parts[1::2] = [f"%({name})s" for name in parts[1::2]]
        return "".join(parts)


class Gapped:
    """Taken apart once, so that to fill it is no more than to join it."""

    def __init__(self, ready: str) -> None:
        self._parts, end = [""], 0
        for found in GAP.finditer(ready):
            self._parts[-1] += ready[end : found.start()]
            end = found.end()
            if found[1]:
                self._parts += [found[1], ""]
            else:
                self._parts[-1] += "%"
        self._parts[-1] += ready[end:]
        self.names = tuple(self._parts[1::2])

    def fill(self, values: Mapping[str, str]) -> str:
        parts = self._parts.copy()
        parts[1::2] = [values[name] for name in self.names]
        return "".join(parts)
