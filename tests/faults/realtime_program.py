"""The realtime process, which stops at a named step of handing on a message: `steps` tells how."""

# First of all: it lets whatever waits give way to others.
from workers import realtime

# isort: split
import sys

from app.platform.realtime import frames
from app.platform.realtime.hub import Hub
from tests.faults import steps

STEPS = {
    "the word has come": (frames, "text"),
    "it has gone to the pages": (Hub, "deliver"),
}

if __name__ == "__main__":
    for step, (where, name) in STEPS.items():
        steps.watch(step, where, name)
    sys.exit(realtime.main())
