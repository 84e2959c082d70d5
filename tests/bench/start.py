"""P14: from the command to the first page, on a machine that has started before."""

import signal
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.stack.stacks import Stack
from tests.support import eventually

GOAL_SECONDS = 10
ROUNDS = 3


def lines() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "var"
        data.mkdir()
        first = _start(data)
        later = sorted(_start(data) for _ in range(ROUNDS))
    return [
        f"P14 start value {later[ROUNDS // 2]:.1f} s goal <= {GOAL_SECONDS} s "
        f"({ROUNDS} rounds, {later[0]:.1f} to {later[-1]:.1f}; with a new database {first:.1f} s)"
    ]


def _start(data: Path) -> float:
    stack = Stack(data)
    began = time.perf_counter()
    stack.launch()
    try:
        eventually(lambda: _answers(stack.port), within=60)
        return time.perf_counter() - began
    finally:
        stack.wait_until_ready()
        stack.signal(signal.SIGINT)
        stack.wait()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/", timeout=5) as page:
            return bool(page.status == 200)
    except OSError:
        return False
