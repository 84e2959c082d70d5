"""Entry of the realtime process: `python -m workers.realtime`."""

# Before anything else is imported: whatever waits has to let the others go on.
from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

from app.config import ConfigError, load_settings  # noqa: E402
from app.kit import clock  # noqa: E402
from app.platform import logs  # noqa: E402
from app.platform.realtime.limits import Limits  # noqa: E402
from app.platform.realtime.process import run  # noqa: E402
from app.platform.watching import reporting  # noqa: E402


def main(limits: Limits | None = None) -> int:
    try:
        settings = load_settings()
    except ConfigError as error:
        print(*error.problems, sep="\n", file=sys.stderr)
        return 2
    logs.configure("realtime", settings.log_level)
    reporting.start("realtime", settings)
    if settings.clock_file and settings.demo:
        clock.use(clock.FileClock(settings.clock_file))
    run(settings, limits or Limits())
    return 0


if __name__ == "__main__":
    sys.exit(main())
