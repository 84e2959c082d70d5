"""The child that migrates and seeds (prepare.py), from the launcher's side."""

import json
import os
import subprocess
import sys
from typing import cast

from workers.stack.environment import ROOT, Folders
from workers.stack.errors import StackError
from workers.stack.server import end_of, tethered


class Preparing:
    """Runs from the moment it is made."""

    def __init__(self, folders: Folders) -> None:
        self._log = folders.log / "prepare.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                tethered([sys.executable, "-m", "workers.stack.prepare"]),
                cwd=ROOT,
                env={**os.environ, "DATA_DIR": str(folders.data)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                process_group=0,
            )

    @property
    def done(self) -> bool:
        return self._process.poll() is not None

    def sign_ins(self) -> dict[str, str]:
        """What the demo accounts sign in with; nothing in live mode."""
        answer = self._process.stdout.read() if self._process.stdout else ""
        if self._process.wait() != 0:
            raise StackError(f"The database could not be prepared. {end_of(self._log)}")
        return cast(dict[str, str], json.loads(answer.splitlines()[-1]))

    def kill(self) -> None:
        """A migration is a transaction: cut off, it leaves nothing."""
        if not self.done:
            self._process.kill()
            self._process.wait()
