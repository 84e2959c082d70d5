"""Steps at which a process of the house stops, and a test kills it or something that it needs.

The test names the step in a file; the process says in another one that it has come there, and goes on when a
third one tells it to. Files, so that whatever server is killed meanwhile can be any of them.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = "STEPS"
STOP, REACHED, GO = "stop", "reached", "go"
PAUSE = 0.01


class Steps:
    """For the test."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.environment = {FOLDER: str(folder)}

    def stop_at(self, step: str) -> None:
        for name in (REACHED, GO):
            (self._folder / name).unlink(missing_ok=True)
        (self._folder / STOP).write_text(step)

    def reached(self, step: str) -> bool:
        said = self._folder / REACHED
        return said.exists() and said.read_text() == step

    def go_on(self) -> None:
        (self._folder / GO).touch()


def watch(step: str, where: Any, name: str) -> None:
    """For the process: the step lies behind what `name` does there."""
    folder = Path(os.environ[FOLDER])
    stop, reached, go = (folder / one for one in (STOP, REACHED, GO))
    inner: Callable[..., Any] = getattr(where, name)

    def watched(*given: Any, **named: Any) -> Any:
        answer = inner(*given, **named)
        if stop.exists() and stop.read_text() == step:
            stop.unlink()
            reached.write_text(step)
            while not go.exists():
                time.sleep(PAUSE)
        return answer

    setattr(where, name, watched)
