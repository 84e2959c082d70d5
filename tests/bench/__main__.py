"""Runs all measures, or those named, and prints a line each. Ends with 1 when a goal was missed.

With `--table` the rows of BENCHMARKS.md become what was measured now.
"""

import importlib
import pkgutil
import sys
import traceback
from pathlib import Path
from types import ModuleType

from tests import bench
from tests.bench import _table
from tests.bench.harness import MEASURES, Bench, Measure

TABLE, PAPER = "--table", Path("BENCHMARKS.md")


def main(asked: list[str]) -> int:
    wanted = [one for one in asked if one != TABLE]
    modules = [
        importlib.import_module(f"tests.bench.{found.name}")
        for found in pkgutil.iter_modules(bench.__path__)
        if not found.name.startswith("_")
    ]
    chosen = [m for m in MEASURES if not wanted or {m.id, m.name} & set(wanted)]
    with Bench() as stand:
        reached = [run(measure, stand, keep=TABLE in asked) for measure in sorted(chosen, key=place)]
    for module in modules:
        if not wanted or module.__name__.rpartition(".")[2] in wanted:
            tell(module)
    return 0 if all(reached) else 1


def tell(module: ModuleType) -> None:
    """Modules that run a world of their own have `lines()`, which measures and returns them."""
    own = getattr(module, "lines", None)
    if own is not None:
        print(*own(), sep="\n", flush=True)


def run(measure: Measure, stand: Bench, *, keep: bool = False) -> bool:
    try:
        found = measure.run(stand)
    except Exception:
        # A measure that breaks counts as missed, and the others are still taken.
        traceback.print_exc()
        print(f"{measure.id} {measure.name} failed", flush=True)
        return False
    print(measure.line(found), flush=True)
    if keep:
        _table.keep(PAPER, measure, found)
    return measure.reached(found)


def place(measure: Measure) -> tuple[int, str]:
    return int(measure.id.lstrip("PF") or 0), measure.name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
