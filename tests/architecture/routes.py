"""What can be called, by whom, from the URL map. `python -m tests.architecture.routes` writes it down.

The list is read by people: whoever opens a door wider sees it in the review of `routes.txt`.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from app.platform.guards import Guard, guard_of
from app.platform.web import SAFE

LISTED = Path(__file__).with_name("routes.txt")
VARIABLE = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>")
# Something of the right form that is nobody's.
FILLED = {"uuid": "01890a5d-ac96-774b-bcce-b302099a8057", "int": "1", "path": "css/app.css"}


@dataclass(frozen=True)
class Route:
    rule: str
    endpoint: str
    method: str
    guard: Guard

    @property
    def mutates(self) -> bool:
        return self.method not in SAFE

    @property
    def path(self) -> str:
        """An address that matches, with ids that are nobody's."""
        return VARIABLE.sub(lambda found: FILLED.get(found[1] or "", "nobody_here"), self.rule)

    @property
    def line(self) -> str:
        extras = []
        if self.guard.fresh:
            extras.append("fresh")
        if self.mutates and not self.guard.once:
            extras.append("repeatable")
        if self.mutates and not self.guard.csrf:
            extras.append("no-form-token")
        if self.guard.signed:
            extras.append("signed")
        if self.guard.limit != "default":
            extras.append(f"limit={self.guard.limit}")
        return " ".join([self.method, self.rule, self.guard.access.value, *extras])


def routes(app: Flask) -> Iterator[Route]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        guard = guard_of(app.view_functions[rule.endpoint])
        assert guard is not None, f"{rule.rule} declares no guard"
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(rule.rule, rule.endpoint, method, guard)


def listing(app: Flask) -> str:
    return "".join(f"{route.line}\n" for route in routes(app))


if __name__ == "__main__":
    from tests.bench.harness import Bench

    with Bench() as bench:
        LISTED.write_text(listing(bench.house))
    print(f"wrote {LISTED}", file=sys.stderr)
