"""The table of promises in README.md is true: each has its tests, and they run where it says."""

import ast
import re
from functools import cache

from tests.faults.processes import ROOT

ROW = re.compile(r"\| (F\d+) \| .+ \| `(tests/[\w/]+\.py)::(\w+)` \| (test|faults|both) \|")
LONG = "fault_long"
PROMISES = {f"F{number}" for number in range(1, 17)}


def rows() -> list[tuple[str, str, str, str]]:
    lines = (ROOT / "tests/faults/README.md").read_text().splitlines()
    table = [line for line in lines if line.startswith("| F")]
    found = [match.groups() for line in table if (match := ROW.fullmatch(line))]
    assert len(found) == len(table), "each row has its four parts"
    return [(one, file, name, where) for one, file, name, where in found]


@cache
def module(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text())


def where_it_runs(file: str, name: str) -> str:
    """By its marks, and by those of the values that its parameters are taken from."""
    kept = {
        target.id: ast.unparse(node.value)
        for node in module(file).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    if LONG in kept.get("pytestmark", ""):
        return "faults"
    functions = (node for node in ast.walk(module(file)) if isinstance(node, ast.FunctionDef))
    (found,) = [function for function in functions if function.name == name]
    for decorator in found.decorator_list:
        said = ast.unparse(decorator)
        if said == f"pytest.mark.{LONG}":
            return "faults"
        names = {node.id for node in ast.walk(decorator) if isinstance(node, ast.Name)}
        if LONG in said or any(LONG in kept.get(one, "") for one in names):
            return "both"
    return "test"


def test_every_promise_has_its_tests_and_they_run_where_it_is_said() -> None:
    assert {promise for promise, *_ in rows()} == PROMISES
    told = {(file, name): where for _, file, name, where in rows()}
    assert {test: where_it_runs(*test) for test in told} == told
