"""Real processes for tests: started on a tether, killed at the end whatever happened."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.config import Settings
from workers.stack.server import tethered

ROOT = Path(__file__).parents[2]


def environment(settings: Settings) -> dict[str, str]:
    """What a process needs to stand on the same servers as the test."""
    return {
        "MODE": settings.mode.value,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "DATA_DIR": str(settings.data_dir),
        "SECRET_KEY": settings.secret_key,
        "ENCRYPTION_KEYS": ",".join(settings.encryption_keys),
    }


@contextmanager
def start(module: str, env: Mapping[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m module`; what it says is shown with a failed test."""
    command = tethered([sys.executable, "-m", module, *arguments], end_with="KILL")
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | env, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
