"""The scheduler, as patient as a test wants it, with the tests' kinds of work and one subscription."""

import sys

from app.platform import outbox
from tests.faults import kinds, patience  # noqa: F401 - the latter for what it does when it is loaded
from workers import scheduler

outbox.subscribe("test.happened", kinds.NOTE)

if __name__ == "__main__":
    sys.exit(scheduler.main())
