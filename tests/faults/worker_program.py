"""The worker as it is, with the tests' kinds of work, as patient as the test wants it."""

import sys

from tests.faults import kinds, patience  # noqa: F401 - for what they do when they are loaded
from workers import run

if __name__ == "__main__":
    sys.exit(run.main(sys.argv[1:]))
