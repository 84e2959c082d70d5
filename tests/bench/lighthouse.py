"""P11: six pages in Lighthouse, through the real nginx: the least of its four scores, and the first paint.

The product starts as `make serve` starts it, with its demo data. Lighthouse measures on this machine and
reckons what a phone on a slow line would take. What else runs here goes into that: these figures are worth
something on a quiet machine only.
"""

import json
import os
import re
import shutil
import signal
import ssl
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPSHandler, Request, build_opener, urlopen

from app.demo.people import DEMO_PASSWORD
from tests.bench.harness import Measure, Samples
from tests.stack.stacks import Stack, stack
from tests.support import eventually, free_port

ROUNDS = 3
PROGRAM = Path("var/tools/lighthouse/node_modules/.bin/lighthouse")
BROWSERS = "chromium-headless-shell", "chromium"
FLAGS = (
    "--headless --no-sandbox --ignore-certificate-errors --disable-gpu --disable-quic"
    " --disable-background-networking"
)
CATEGORIES = "performance,accessibility,best-practices,seo"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
POST, CONVERSATION = re.compile(r'href="(/posts/[^"#/]+)'), re.compile(r'href="(/messages/[0-9a-f-]{36})')
# The worker draws the demo's pictures for some minutes, with lulls in between.
WORK, FILLED_WITHIN = re.compile(r"^fanlight_work_(?:waiting|running)\{.*\} (\S+)$", re.M), 1200.0


@dataclass(frozen=True)
class Report:
    least: float
    first_paint: float


class Visitor:
    """Somebody who signs in to the demo, and whose cookies the browser gets."""

    def __init__(self, origin: str, trusted: Path) -> None:
        self.origin, self.cookies = origin, CookieJar()
        context = ssl.create_default_context(cafile=trusted)
        self._opener = build_opener(HTTPSHandler(context=context), HTTPCookieProcessor(self.cookies))

    def read(self, path: str, form: dict[str, str] | None = None) -> str:
        data = urlencode(form).encode() if form else None
        said_from = {"Origin": self.origin, "Referer": self.origin + path} if form else {}
        with self._opener.open(Request(self.origin + path, data, said_from), timeout=30) as answer:  # noqa: S310 - ours
            return str(answer.read().decode())

    def sign_in(self) -> None:
        found = TOKEN.search(self.read("/login"))
        assert found
        self.read(
            "/login", {"csrf_token": found[1], "identifier": "fan@demo.test", "password": DEMO_PASSWORD}
        )

    def first(self, path: str, way: re.Pattern[str]) -> str:
        found = way.search(self.read(path))
        return found[1] if found else ""

    @property
    def header(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)


def lines() -> list[str]:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not (PROGRAM.exists() and browser):
        return ["P11 left out: it needs Chromium and npm's lighthouse, which `make bench` installs"]
    with tempfile.TemporaryDirectory() as folder:
        data, port = Path(folder) / "var", free_port()
        data.mkdir()
        ports = {"SERVE_PORT": str(port), "SERVE_PLAIN_PORT": str(free_port())}
        with stack(data, "--serve", DEMO_POSTS="true", **ports) as running:
            running.start()
            found = _measured(running, f"https://localhost:{port}", Path(folder), browser)
            running.signal(signal.SIGINT)
            running.wait()
    return [line for page, reports in found.items() for line in _told(page, reports)]


def _told(page: str, reports: list[Report]) -> tuple[str, str]:
    scores, paints = [report.least for report in reports], [report.first_paint for report in reports]
    return _line(f"least_score_{page}", ">= 98", scores), _line(
        f"first_paint_{page}_seconds", "<= 1.0", paints
    )


def _line(name: str, goal: str, values: list[float]) -> str:
    middle = Samples([statistics.median(values)], exact=True)
    line = Measure("P11", name, goal, lambda _: middle).line(middle)
    return f"{line} ({len(values)} runs, {min(values):.3g} to {max(values):.3g})"


def _measured(running: Stack, origin: str, folder: Path, browser: str) -> dict[str, list[Report]]:
    fan = Visitor(origin, running.data / "tls" / "localhost.crt")
    fan.sign_in()
    eventually(lambda: fan.first("/feed", POST), within=FILLED_WITHIN)
    eventually(lambda: is_filled(f"http://127.0.0.1:{running.port}"), within=FILLED_WITHIN)
    pages = {
        "landing": ("/", ""),
        "directory": ("/creators", ""),
        "creator": ("/@creator", ""),
        "post": (fan.first("/@creator", POST), ""),
        "feed": ("/feed", fan.header),
        "messages": (fan.first("/messages", CONVERSATION), fan.header),
    }
    found: dict[str, list[Report]] = {page: [] for page in pages}
    for _ in range(ROUNDS):
        for page, (path, cookie) in pages.items():
            found[page].append(_report(origin + path, cookie, folder, browser))
    return found


def is_filled(web: str) -> bool:
    """No work waits, of which there is much as long as the demo's pictures are drawn."""
    with urlopen(f"{web}/metrics", timeout=30) as answer:  # noqa: S310 - ours
        found = WORK.findall(answer.read().decode())
    return bool(found) and not any(map(float, found))


def _report(address: str, cookie: str, folder: Path, browser: str) -> Report:
    headers, report = folder / "headers.json", folder / "report.json"
    headers.write_text(json.dumps({"Cookie": cookie} if cookie else {}))
    command = [
        str(PROGRAM),
        address,
        "--quiet",
        "--no-enable-error-reporting",
        "--output=json",
        f"--output-path={report}",
    ]
    command += [f"--extra-headers={headers}", f"--chrome-flags={FLAGS}", f"--only-categories={CATEGORIES}"]
    subprocess.run(
        command, env={**os.environ, "CHROME_PATH": browser}, check=True, capture_output=True, timeout=180
    )
    told = json.loads(report.read_text())
    paint = told["audits"]["first-contentful-paint"]["numericValue"] / 1000
    return Report(round(100 * min(one["score"] for one in told["categories"].values())), paint)
