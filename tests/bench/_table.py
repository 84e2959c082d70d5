"""The table of BENCHMARKS.md: a row a measure, as it was last taken on one machine."""

import os
import platform
import re
import subprocess
from pathlib import Path

from app.kit import clock
from tests.bench.harness import Measure, Samples

BEGIN, END = "<!-- table -->", "<!-- /table -->"
HEAD = ("| id | measure | figure | goal | spread | date, commit |", "|---|---|---|---|---|---|")
ROW = re.compile(r"\| P\d+ \| (\w+) \|")
CPU = re.compile(r"model name\s*: (.+)")


def keep(paper: Path, measure: Measure, found: Samples) -> None:
    """The others stay, unless another machine took them."""
    before, _, rest = paper.read_text().partition(BEGIN)
    old, _, after = rest.partition(END)
    kept = rows(old) if machine() in old else {}
    lines = sorted((kept | {measure.name: row(measure, found)}).values(), key=_place)
    table = "\n".join([BEGIN, machine(), "", *HEAD, *lines, END])
    paper.write_text(before + table + after)


def rows(text: str) -> dict[str, str]:
    return {found[1]: line for line in text.splitlines() if (found := ROW.match(line))}


def row(measure: Measure, found: Samples) -> str:
    missed = "" if measure.reached(found) else " **missed**"
    figure = f"{found.median:,.4g}"
    when = f"{clock.now():%Y-%m-%d}, {_commit()}"
    spread = found.spread.strip(" ()")
    return f"| {measure.id} | {measure.name} | {figure} | {measure.goal}{missed} | {spread} | {when} |"


def machine() -> str:
    cpu = CPU.search(Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"Machine: {os.cpu_count()} cores ({cpu[1] if cpu else platform.machine()}), {memory:.0f} GiB, "
        f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Python {platform.python_version()}."
    )


def _commit() -> str:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def _place(line: str) -> tuple[int, str]:
    _, id_, name, *_ = (cell.strip() for cell in line.split("|"))
    return int(id_.removeprefix("P")), name
