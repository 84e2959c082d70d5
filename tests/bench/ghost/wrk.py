"""wrk, which is quicker than either house: sixteen visitors on one thread of it."""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

CLIENTS = 16
# What a browser says of itself. Both houses pack their pages for it.
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br",
}
TELL = """
done = function(all)
  local e = all.errors
  io.write(string.format('\\n{"requests": %d, "microseconds": %d, "bytes": %d, "errors": %d}\\n',
    all.requests, all.duration, all.bytes, e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True)
class Told:
    requests: int
    microseconds: int
    bytes: int
    # Answers of 400 and above too.
    errors: int

    @property
    def rate(self) -> float:
        return self.requests / self.microseconds * 1e6

    @property
    def size(self) -> float:
        """Of an answer, its head included."""
        return self.bytes / self.requests


def wrk(address: str, seconds: int) -> Told:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(TELL)
        script.flush()
        headers = [word for name, value in BROWSER.items() for word in ("-H", f"{name}: {value}")]
        asked = ["wrk", f"-c{CLIENTS}", "-t1", f"-d{seconds}", "--timeout", "20", *headers]
        told = subprocess.run(
            [*asked, "-s", Path(script.name), address], capture_output=True, text=True, check=True
        )
    return Told(**json.loads(told.stdout.splitlines()[-1]))
