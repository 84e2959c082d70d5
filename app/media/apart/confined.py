"""`confined.py SECONDS MEMORY WRITTEN program ...`: becomes the program, within bounds.

It dies with whoever started it. It imports nothing of ours, so that it begins in no time.
"""

import ctypes
import os
import resource
import signal
import sys

PARENT_DEATH = 1  # PR_SET_PDEATHSIG
NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS
OPEN_FILES = 64


def main() -> None:
    seconds, memory, written = (int(word) for word in sys.argv[1:4])
    system = ctypes.CDLL(None)
    system.prctl(PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
    system.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    for what, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_FSIZE, written),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    os.nice(5)
    os.execv(sys.argv[4], sys.argv[4:])  # noqa: S606 - no shell; the list is made by us


if __name__ == "__main__":
    main()
