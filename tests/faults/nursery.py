"""Loaded by the process that `processes` forks from: all code, and no application."""

import gc
import importlib
import pkgutil
import signal

import app
import workers.run  # noqa: F401 - see above
from workers.stack.tether import end_with_parent

# Built on gevent, for a process of its own.
ELSEWHERE = "app.platform.realtime."

end_with_parent(signal.SIGKILL)
for module in pkgutil.walk_packages(app.__path__, "app."):
    if not module.name.startswith(ELSEWHERE):
        importlib.import_module(module.name)
# What is there stays as it is in all that are forked.
gc.freeze()
