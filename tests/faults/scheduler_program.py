"""The scheduler as it is, with the tests' kinds of work and a subscription to `test.happened`."""

import sys

from app.platform import outbox
from tests.faults import kinds
from workers import scheduler

outbox.subscribe("test.happened", kinds.NOTE)

if __name__ == "__main__":
    sys.exit(scheduler.main())
