"""Whether migrations can run while people are there, and old code beside new.

    python -m workers.deploy.lint [folder]

Adding is what a release may do; what it stops using, a later one takes away, and says so:

    UNUSED_SINCE = {"posts.teaser": "2026.12", "old_polls": "2026.12"}

`app/platform/expanding.py` has what big tables need: indexes, checks and new values, without anybody waiting.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from workers.deploy import wording
from workers.deploy.wording import BIG, CONCURRENT, FULL_LOOK, MARK, NOT_VALID, REMOVED, REWRITES
from workers.stack.environment import ROOT

VERSIONS = ROOT / "migrations" / "versions"
# Up to here they were written when there was no house to put a release into.
BASELINE = 17
NUMBER = re.compile(r"(\d{4})_")


@dataclass(frozen=True, order=True)
class Finding:
    file: str
    line: int
    rule: str
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.why}"


def check(paths: Iterable[Path]) -> list[Finding]:
    """What is against them, in the order of the files; each is read with those that come after it."""
    read = [Migration(path.name, ast.parse(path.read_text())) for path in sorted(paths)]
    validated = {name for migration in read for name in migration.validated}
    found = [finding for migration in read for finding in migration.findings]
    for migration in read:
        for name, line in migration.unvalidated.items():
            if name not in validated:
                found.append(
                    Finding(
                        migration.file, line, "validate", f"{name} is never validated: expanding.validate()"
                    )
                )
    return sorted(found)


def to_check(versions: Path = VERSIONS) -> list[Path]:
    return [path for path in versions.glob("*.py") if _number(path) > BASELINE]


def _number(path: Path) -> int:
    found = NUMBER.match(path.name)
    # Without a number nobody knows when it was written.
    return int(found[1]) if found else sys.maxsize


@dataclass
class Migration:
    """One file, read but not run."""

    file: str
    tree: ast.Module
    findings: list[Finding] = field(default_factory=list)
    unvalidated: dict[str, int] = field(default_factory=dict)
    validated: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._texts = dict(_module_values(self.tree))
        self._unused = _marked(self.tree)
        upward = [node for node in self.tree.body if not _is(node, ast.FunctionDef, "downgrade")]
        calls = [(call, beside) for node in upward for call, beside in _calls(node, beside=False)]
        self._made = {
            self._text(call, 0, "table_name") for call, _ in calls if _name(call) == "op.create_table"
        }
        for call, beside in calls:
            self._look(call, beside)

    def _look(self, call: ast.Call, beside: bool) -> None:
        name = _name(call)
        if name == "op.execute":
            self._execute(call, beside)
        elif name == "expanding.validate":
            self.validated.add(self._text(call, 1, "constraint"))
        elif judge := JUDGES.get(name):
            position, keyword = WHERE_TABLE.get(name, (0, "table_name"))
            table = self._text(call, position, keyword)
            if not table:
                self._say(call, "unreadable", "name the table as it is, so that this can be looked at")
            elif table not in self._made:
                judge(self, call, table, beside)

    # What may be done to a table that is there.

    def _drop_table(self, call: ast.Call, table: str, _: bool) -> None:
        self._taken_away(call, table)

    def _drop_column(self, call: ast.Call, table: str, _: bool) -> None:
        self._taken_away(call, f"{table}.{self._text(call, 1, 'column_name')}")

    def _add_column(self, call: ast.Call, table: str, _: bool) -> None:
        column = _argument(call, 1, "column")
        if not isinstance(column, ast.Call):
            return self._say(call, "unreadable", "write the column where it is added")
        default, parts = (
            _keyword(column, "server_default"),
            {_last(_name(part)) for part, _ in _calls(column, beside=False)},
        )
        if _is_false(_keyword(column, "nullable")) and default is None:
            self._say(call, "not-null", f"old code leaves {table} without it: give it a server_default")
        if parts & {"Computed", "Identity"} or not self._steady(default):
            self._say(
                call, "rewrite", f"each row of {table} gets a value of its own: add it empty, then fill it"
            )
        if any(_is_true(_keyword(column, name)) for name in ("unique", "index", "primary_key")):
            self._say(call, "index", CONCURRENT)
        if "ForeignKey" in parts:
            self._say(call, "constraint", NOT_VALID)
        return None

    def _alter_column(self, call: ast.Call, table: str, _: bool) -> None:
        if _keyword(call, "new_column_name") is not None:
            self._taken_away(call, f"{table}.{self._text(call, 1, 'column_name')}")
        if _keyword(call, "type_") is not None and not self._only_longer(call):
            self._say(call, "rewrite", REWRITES)
        if _is_false(_keyword(call, "nullable")):
            self._say(call, "not-null", FULL_LOOK)

    def _create_index(self, call: ast.Call, _: str, beside: bool) -> None:
        if not (beside and _is_true(_keyword(call, "postgresql_concurrently"))):
            self._say(call, "index", CONCURRENT)

    def _unique(self, call: ast.Call, _: str, __: bool) -> None:
        self._say(call, "index", CONCURRENT)

    def _constraint(self, call: ast.Call, _: str, __: bool) -> None:
        if _is_true(_keyword(call, "postgresql_not_valid")):
            self.unvalidated[self._text(call, 0, "constraint_name")] = call.lineno
        else:
            self._say(call, "constraint", NOT_VALID)

    def _batch(self, call: ast.Call, _: str, __: bool) -> None:
        self._say(call, "rewrite", "a batch copies the table")

    # What is said in SQL.

    def _execute(self, call: ast.Call, beside: bool) -> None:
        said = self._text(call, 0, "sqltext")
        if not said:
            return self._say(
                call, "unreadable", "write the statement as one text, so that it can be looked at"
            )
        for rule, pattern, why in wording.PATTERNS:
            for found in pattern.finditer(said):
                self._judge_words(call, rule, why, found)
        for found in wording.CHANGES.finditer(said):
            if found["table"].lower() in BIG:
                self._say(
                    call, "backfill", f"changes many rows of {found['table']} at once: expanding.fill()"
                )
        if wording.TIMEOUTS.search(said):
            self._say(call, "lock", "how long a migration waits is said in migrations/env.py")
        for found in wording.VALIDATES.finditer(said):
            self.validated.add(found["constraint"])
            if not beside:
                self._say(call, "validate", "keeps the lock of what was added: expanding.validate()")
        return None

    def _judge_words(self, call: ast.Call, rule: str, why: str, found: re.Match[str]) -> None:
        table = found["table"]
        if table in self._made:
            return
        if rule == "taken-away":
            column = found.groupdict().get("column")
            self._taken_away(call, f"{table}.{column}" if column else table)
        else:
            self._say(call, rule, why)

    # Small questions.

    def _taken_away(self, call: ast.Call, what: str) -> None:
        if not self._unused.get(what):
            self._say(call, "taken-away", f"{what}: {REMOVED}")

    def _only_longer(self, call: ast.Call) -> bool:
        """A text that loses its bound; the table stays as it is."""
        before, after = _keyword(call, "existing_type"), _keyword(call, "type_")
        texts = {"String", "Text", "VARCHAR", "TEXT"}
        both = isinstance(before, ast.Call) and isinstance(after, ast.Call)
        return both and all(_last(_name(one)) in texts for one in (before, after)) and not after.args  # type: ignore[union-attr, arg-type]

    def _steady(self, default: ast.expr | None) -> bool:
        if default is None:
            return True
        said = self._value(default)
        if said is None:
            return (
                _last(_name(default)) in {"false", "true", "null", "now"}
                if isinstance(default, ast.Call)
                else False
            )
        quoted = isinstance(default, ast.Constant | ast.Name)
        return quoted or bool(wording.STEADY.match(said.strip()))

    def _text(self, call: ast.Call, position: int, keyword: str) -> str:
        argument = _argument(call, position, keyword)
        return (self._value(argument) if argument is not None else None) or ""

    def _value(self, node: ast.expr) -> str | None:
        """The text that this is, where it can be read without running it."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.Name):
            return self._texts.get(node.id)
        if isinstance(node, ast.Call) and _last(_name(node)) in {"text", "f", "DDL"} and node.args:
            return self._value(node.args[0])
        return None

    def _say(self, call: ast.Call, rule: str, why: str) -> None:
        self.findings.append(Finding(self.file, call.lineno, rule, why))


Judge = Callable[[Migration, ast.Call, str, bool], None]
JUDGES: dict[str, Judge] = {
    "op.add_column": Migration._add_column,
    "op.alter_column": Migration._alter_column,
    "op.batch_alter_table": Migration._batch,
    "op.create_check_constraint": Migration._constraint,
    "op.create_exclude_constraint": Migration._unique,
    "op.create_foreign_key": Migration._constraint,
    "op.create_index": Migration._create_index,
    "op.create_primary_key": Migration._unique,
    "op.create_unique_constraint": Migration._unique,
    "op.drop_column": Migration._drop_column,
    "op.drop_table": Migration._drop_table,
    "op.rename_table": Migration._drop_table,
}
# The others have it first.
WHERE_TABLE = {
    name: (1, "source_table" if name == "op.create_foreign_key" else "table_name")
    for name in JUDGES
    if name.startswith("op.create_")
}


def _calls(node: ast.AST, *, beside: bool) -> Iterable[tuple[ast.Call, bool]]:
    """Every call below, and whether it stands outside of the migration's transaction."""
    if isinstance(node, ast.With):
        beside = beside or any(_leaves_transaction(item.context_expr) for item in node.items)
    if isinstance(node, ast.Call):
        yield node, beside
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, beside=beside)


def _leaves_transaction(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _last(_name(node)) == "autocommit_block"


def _module_values(tree: ast.Module) -> Iterable[tuple[str, str]]:
    for node in tree.body:
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            continue
        value = node.value.args[0] if isinstance(node.value, ast.Call) and node.value.args else node.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield node.targets[0].id, value.value


def _marked(tree: ast.Module) -> dict[str, str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and _is(node.targets[0], ast.Name, MARK):
            marked: dict[str, str] = ast.literal_eval(node.value)
            return marked
    return {}


def _is(node: ast.AST, kind: type[ast.AST], name: str) -> bool:
    return isinstance(node, kind) and name in {getattr(node, "id", None), getattr(node, "name", None)}


def _name(call: ast.expr) -> str:
    """As it is written: op.add_column."""
    return ast.unparse(call.func) if isinstance(call, ast.Call) else ""


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _argument(call: ast.Call, position: int, keyword: str) -> ast.expr | None:
    return call.args[position] if len(call.args) > position else _keyword(call, keyword)


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((one.value for one in call.keywords if one.arg == name), None)


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def main(arguments: list[str]) -> int:
    found = check(to_check(Path(arguments[0]) if arguments else VERSIONS))
    print(*found, sep="\n", end="\n" if found else "")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
