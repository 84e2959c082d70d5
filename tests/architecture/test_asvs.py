"""docs/asvs.md: every requirement of OWASP ASVS 5.0, levels 1 and 2, has a test that exists, or a reason."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLES = Path("docs/asvs.md")
# The ids alone, a section a line; the words are OWASP's.
IDS = Path(__file__).with_name("asvs_ids.txt")

CHAPTER = re.compile(r"## (V\d+)\b")
QUOTED = re.compile(r"`([^`]+)`")
NAMED_TEST = re.compile(r"tests/[\w/]+\.py::\w+")
# A file of the repository, at times with a heading in it.
NAMED_FILE = re.compile(r"([\w.-]+/[\w./-]+\.\w+|[\w-]+\.(?:md|txt|toml|py))(?:#([\w-]+))?")
SAID = re.compile(r"\b(reason|open): (.{10,})")


@dataclass(frozen=True)
class Row:
    line: int
    chapter: str
    ids: tuple[str, ...]
    means: str
    evidence: str

    @property
    def quoted(self) -> list[str]:
        return QUOTED.findall(self.evidence)

    @property
    def tests(self) -> list[str]:
        return [one for one in self.quoted if "::" in one]

    @property
    def where(self) -> str:
        return f"{TABLES}:{self.line} {' '.join(self.ids)}"


@cache
def rows() -> tuple[Row, ...]:
    return tuple(_rows())


def _rows() -> Iterator[Row]:
    chapter = ""
    for number, line in enumerate(TABLES.read_text().splitlines(), start=1):
        if found := CHAPTER.match(line):
            chapter = found[1]
        elif line.startswith("| V"):
            ids, means, evidence = (cell.strip() for cell in line.strip("|").split("|"))
            yield Row(number, chapter, tuple(ids.split(", ")), means, evidence)


def required() -> set[str]:
    sections = (line.split(": ") for line in IDS.read_text().splitlines())
    return {f"{section}.{number}" for section, numbers in sections for number in numbers.split()}


@cache
def written_in(file: str) -> frozenset[str]:
    """Parametrised ones under their plain name."""
    if not Path(file).is_file():
        return frozenset()
    tree = ast.parse(Path(file).read_text())
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


@cache
def anchors_of(file: str) -> frozenset[str]:
    """The headings as a link names them."""
    titles = re.findall(r"^#+ (.+)$", Path(file).read_text(), re.M)
    return frozenset(re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles)


def test_every_requirement_stands_in_the_tables_once() -> None:
    listed = Counter(one for row in rows() for one in row.ids)
    assert len(required()) == 253
    assert required() - set(listed) == set(), "missing"
    assert set(listed) - required() == set(), "not of levels 1 and 2"
    assert {one for one, times in listed.items() if times > 1} == set(), "twice"


def test_every_requirement_stands_in_its_chapter() -> None:
    assert [row.where for row in rows() for one in row.ids if one.split(".")[0] != row.chapter] == []


def test_every_row_says_what_it_means_and_why_it_holds() -> None:
    assert [row.where for row in rows() if len(row.means) < 10] == []
    assert [row.where for row in rows() if not row.tests and not SAID.search(row.evidence)] == []


def test_every_named_test_exists() -> None:
    missing = []
    for row in rows():
        for name in row.tests:
            file, _, test = name.partition("::")
            if not NAMED_TEST.fullmatch(name) or test not in written_in(file):
                missing.append(f"{row.where}: {name}")
    assert missing == []


def test_every_named_document_exists() -> None:
    missing = []
    for row in rows():
        for found in map(NAMED_FILE.fullmatch, row.quoted):
            if found and not _there(found[1], found[2]):
                missing.append(f"{row.where}: {found[0]}")
    assert missing == []


def _there(file: str, heading: str | None) -> bool:
    return Path(file).is_file() and (heading is None or heading in anchors_of(file))
