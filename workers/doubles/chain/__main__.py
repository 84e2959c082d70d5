"""Run the chain: `python -m workers.doubles.chain --port 3011 --state var/chain`."""

import argparse
import os
import sys
from pathlib import Path

from app.kit.clock import FileClock, SystemClock
from workers.doubles.chain.chain import Chain
from workers.doubles.chain.server import serve
from workers.doubles.chain.store import Store
from workers.stack import ports
from workers.stack.sockets import listen


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m workers.doubles.chain", description=__doc__)
    parser.add_argument("--port", type=int, default=3011)
    parser.add_argument("--state", type=Path, required=True, help="folder that the chain is kept in")
    parser.add_argument("--slot-ms", type=int, default=400, help="how long a slot lasts")
    given = parser.parse_args()
    try:
        sockets = listen("127.0.0.1", given.port)
    except OSError as error:
        print(
            f"Port {given.port} cannot be used ({error.strerror}): {ports.holder(given.port)}",
            file=sys.stderr,
        )
        return 1
    file = os.environ.get("CLOCK_FILE")
    clock = FileClock(Path(file)) if file else SystemClock()
    serve(Chain(Store(given.state), clock.now, given.slot_ms / 1000), sockets)
    return 0


if __name__ == "__main__":
    sys.exit(main())
