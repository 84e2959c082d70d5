"""Run a command that ends when the process that started it dies.

    python -I -S tether.py [--signal INT] [--account UID:GID] [--memory MB] [--nice N] -- command ...

Stands alone (no import of ours, no site packages), because it runs in front of every program
and what it costs is paid at each start. Where the kernel has no parent-death signal, it runs the
command without.
"""

# All imports at the top: the account may not be able to read Python's own folder.
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Iterator

PR_SET_PDEATHSIG = 1
# The kernel's choice when memory runs out: our Python programs before the database.
OOM_SCORE_OF_LIMITED = "400"
MEGABYTE = 1024 * 1024


def end_with_parent(number: int) -> None:
    """Ask the kernel for this signal when the parent dies; act at once if it is already gone."""
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os.kill(os.getpid(), number)


def limit_memory(megabytes: int) -> None:
    """Bound what the program may allocate, so that a leak ends in an error of its own."""
    size = megabytes * MEGABYTE
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123
            file.write(OOM_SCORE_OF_LIMITED)
    except OSError:
        return


def become(account: str) -> None:
    user, group = (int(part) for part in account.split(":"))
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)


def _options(arguments: Iterator[str]) -> dict[str, str]:
    chosen = {}
    for argument in arguments:
        if argument == "--":
            break
        chosen[argument] = next(arguments)
    return chosen


def main(arguments: list[str]) -> None:
    rest = iter(arguments)
    chosen = _options(rest)
    command = list(rest)
    if "--nice" in chosen:
        os.nice(int(chosen["--nice"]))
    if "--memory" in chosen:
        limit_memory(int(chosen["--memory"]))
    if "--account" in chosen:
        become(chosen["--account"])
    # Last: a change of account clears it.
    end_with_parent(signal.Signals["SIG" + chosen.get("--signal", "TERM")])
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
