"""What becomes of invoices by the clock."""

from app.invoices.operations import ending, releasing
from app.platform import schedule


@schedule.every(15, "invoices.expire")
def expire() -> None:
    while ending.expire_due() == ending.BATCH:
        continue


@schedule.every(60, "invoices.release")
def release() -> None:
    while releasing.release_due() == releasing.BATCH:
        continue
