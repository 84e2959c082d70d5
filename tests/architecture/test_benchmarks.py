"""BENCHMARKS.md says of every measure what was found, and of every missed goal why."""

import importlib
import pkgutil
import re
from pathlib import Path

from tests import bench
from tests.bench import _table
from tests.bench.harness import MEASURES

PAPER = Path("BENCHMARKS.md").read_text()
MISSED = re.compile(r"^### (\w+)$", re.M)


def test_every_measure_has_its_row_and_every_missed_goal_its_reason() -> None:
    for found in pkgutil.iter_modules(bench.__path__):
        if not found.name.startswith("_"):
            importlib.import_module(f"tests.bench.{found.name}")
    goals = {one.name: one.goal for one in MEASURES}
    rows = _table.rows(PAPER)
    assert rows.keys() == goals.keys()
    assert all(f"| {goals[name]}" in row for name, row in rows.items()), "goals as they are now"
    assert {name for name, row in rows.items() if "**missed**" in row} == set(MISSED.findall(PAPER))
