"""The worker as it is, with the tests' kinds of work, and with a lease as short as the test wants it."""

import os
import sys

from app.platform.work import lease
from tests.faults import kinds  # noqa: F401 - registers them
from workers import run

lease.LEASE_SECONDS = float(os.environ.get("LEASE_SECONDS", lease.LEASE_SECONDS))
lease.HEARTBEAT_SECONDS = float(os.environ.get("HEARTBEAT_SECONDS", lease.HEARTBEAT_SECONDS))

if __name__ == "__main__":
    sys.exit(run.main(sys.argv[1:]))
