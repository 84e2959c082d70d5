"""`confined.py SECONDS MEMORY WRITTEN program ...`: becomes the program, within bounds.

It dies with whoever started it, and reaches no network where the system lets us close that. It imports
nothing of ours, so that it begins in no time. Without arguments it only tells whether the network closes.
"""

import ctypes
import os
import resource
import signal
import sys

PARENT_DEATH = 1  # PR_SET_PDEATHSIG
NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS
NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000  # CLONE_NEWUSER, CLONE_NEWNET
OPEN_FILES = 64


def main() -> None:
    system = ctypes.CDLL(None)
    closed = closes_network(system)
    if len(sys.argv) == 1:
        sys.exit(0 if closed else 1)
    seconds, memory, written = (int(word) for word in sys.argv[1:4])
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


def closes_network(system: ctypes.CDLL) -> bool:
    """Into an empty one: as root, else as a user of one's own, which some systems do not allow."""
    return not system.unshare(NEW_NETWORK) or not system.unshare(NEW_USER | NEW_NETWORK)


if __name__ == "__main__":
    main()
