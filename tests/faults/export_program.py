"""A worker for whom one table of the export takes as long as the test wants: it waits at a gate."""

import sys
import threading
import time
from collections.abc import Iterator
from uuid import UUID

from app import create_app
from app.config import load_settings
from app.platform import personal_data, work
from app.platform.personal_data import Row
from tests.faults import patience  # noqa: F401 - for what it does when it is loaded
from tests.faults.kinds import POLL_SECONDS, give_sign, signs
from workers import run


def lanterns(user_id: UUID) -> Iterator[Row]:
    yield {"lantern": 1}
    give_sign("half way")
    while "open" not in signs():
        time.sleep(POLL_SECONDS)
    yield {"lantern": 2}


def main() -> int:
    app = create_app(load_settings())
    personal_data.table(app, "lanterns", "Lanterns", lanterns, lambda _: None)
    run.serve(app, work.QUEUES, threading.Event())
    return 0


if __name__ == "__main__":
    sys.exit(main())
