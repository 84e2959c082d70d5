"""Run the card processor's double.

    python -m workers.doubles.cards --port 3010 --state var/cards

The environment names the rest: STRIPE_WEBHOOK_SECRET, WEBHOOK_URL (where events are told),
STRIPE_PAGE_BASE (where browsers find its pages), CLOCK_FILE (an offset that moves its time).
"""

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from app.kit import clock
from workers.doubles.cards.deliveries import Teller
from workers.doubles.cards.due import work_off
from workers.doubles.cards.server import make_app
from workers.doubles.cards.store import Store, Terms

WEBHOOK_URL = "http://127.0.0.1:3000/webhooks/stripe"
WEBHOOK_SECRET = "whsec_play_money"  # noqa: S105 - play money
LOOKS_AT_CLOCK = 1.0


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m workers.doubles.cards", description=__doc__)
    asked.add_argument("--port", type=int, default=3010)
    asked.add_argument("--state", type=Path, default=Path("var/cards"), help="folder of its SQLite file")
    asked.add_argument("--settle-days", type=float, default=2, help="until a charge's money is available")
    given = asked.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if clock_file := os.environ.get("CLOCK_FILE"):
        clock.use(clock.FileClock(Path(clock_file)))
    page_base = os.environ.get("STRIPE_PAGE_BASE") or f"http://localhost:{given.port}"
    store = Store(given.state, Terms(page_base.rstrip("/"), int(given.settle_days * 86_400)))
    # Who listens may know several; we sign with the first.
    secret = (os.environ.get("STRIPE_WEBHOOK_SECRET") or WEBHOOK_SECRET).split(",")[0].strip()
    teller = Teller(store, os.environ.get("WEBHOOK_URL") or WEBHOOK_URL, secret)
    teller.start()
    threading.Thread(target=_watch_clock, args=(store, teller), daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    app = make_app(store, teller.wake)
    make_server("127.0.0.1", given.port, app, threaded=True, request_handler=Quiet).serve_forever()
    return 0


class Quiet(WSGIRequestHandler):
    """One line a request, without colours."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        logging.getLogger("cards").info("%s %s %s", self.command, self.path, code)


def _watch_clock(store: Store, teller: Teller) -> None:
    pause = threading.Event()
    while not pause.wait(LOOKS_AT_CLOCK):
        with store.books() as books:
            done = work_off(books)
        if done:
            teller.wake()


if __name__ == "__main__":
    sys.exit(main())
