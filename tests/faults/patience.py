"""How long the processes of tests wait: as long as a test wants it, else as the product does."""

import os

from app.platform import schedule
from app.platform.work import lease, runner, sweep


def _seconds(name: str, usual: float) -> float:
    return float(os.environ.get(name, usual))


lease.LEASE_SECONDS = _seconds("LEASE_SECONDS", lease.LEASE_SECONDS)
lease.HEARTBEAT_SECONDS = _seconds("HEARTBEAT_SECONDS", lease.HEARTBEAT_SECONDS)
runner.FIRST_PAUSE = _seconds("FIRST_PAUSE", runner.FIRST_PAUSE)

SWEEP = "work.sweep"
usual = schedule._jobs[SWEEP].seconds
schedule._jobs[SWEEP] = schedule.Job(SWEEP, _seconds("SWEEP_SECONDS", usual), sweep)
