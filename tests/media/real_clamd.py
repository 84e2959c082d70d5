"""The real clamd, where one is installed, with one signature of our own: it downloads nothing."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.doubles.clamd import EICAR
from tests.support import eventually

CLAMD = shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CONFIGURATION = """
Foreground yes
LocalSocket {folder}/clamd.socket
DatabaseDirectory {folder}
TemporaryDirectory {folder}
StreamMaxLength 2048M
ConcurrentDatabaseReload no
"""


@contextmanager
def running(folder: Path) -> Iterator[str]:
    assert CLAMD
    (folder / "own.ndb").write_text(f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n")
    (folder / "clamd.conf").write_text(CONFIGURATION.format(folder=folder))
    process = subprocess.Popen([CLAMD, "--config-file", str(folder / "clamd.conf")])
    address = folder / "clamd.socket"
    try:
        eventually(address.exists, within=60)
        yield str(address)
    finally:
        process.kill()
        process.wait()
