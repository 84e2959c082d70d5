"""P15: pages a second of Fanlight and of a Ghost that runs already, for strangers with a browser.

    python -m tests.bench.ghost http://localhost:2368

Four sides take turns, forth and back: Fanlight's one web process, the same behind its nginx as `make serve`
sets it up, Ghost, and Ghost behind an nginx as its installer sets that up. Nobody asks whether a page
changed, so nobody is told 304.
"""

import re
import signal
import ssl
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.request import Request, urlopen

from tests.bench.ghost.plain_nginx import plain_nginx
from tests.bench.ghost.weight import weights
from tests.bench.ghost.wrk import BROWSER, wrk
from tests.bench.lighthouse import FILLED_WITHIN, POST, is_filled
from tests.stack.stacks import stack
from tests.support import eventually, free_port

ROUNDS, SECONDS, WARM_UP = 6, 5, 4
# Everybody comes from one address here; the limit is each visitor's.
NO_LIMIT = str(10**7)
# An answer that is much shorter than the page, or longer than it with its head, is another page.
NEARLY, HEAD = 0.9, 3_000
IN_THE_POST, IN_THE_NEWEST = "hello. I paint windows", "Eight windows, one evening"


@dataclass(frozen=True)
class Page:
    path: str
    # That stand in it.
    words: str


# Ours and Ghost's. Its home shows posts, as our creators' pages do.
THEIR_HOME = Page("/", IN_THE_NEWEST)
PAGES = {
    "post": (Page("", IN_THE_POST), Page("/start-here/", IN_THE_POST)),
    "home": (Page("/", "Cleo Marsh"), THEIR_HOME),
    "creator": (Page("/@creator", IN_THE_NEWEST), THEIR_HOME),
}
SHAPES = {
    "by themselves": ("web", "ghost"),
    "ours behind nginx": ("nginx", "ghost"),
    "both behind nginx": ("nginx", "ghost-nginx"),
}


@dataclass
class Side:
    address: str
    words: str
    rates: list[float] = field(default_factory=list)

    def check(self) -> None:
        """It is the page, whole, and its size is known from now on."""
        assert self.words in fetch(self.address, packed=False).decode(), self.address
        self.size = len(fetch(self.address, packed=True))

    def measure(self) -> None:
        told = wrk(self.address, SECONDS)
        assert not told.errors, told
        assert NEARLY * self.size < told.size < self.size + HEAD, (self.address, self.size, told)
        self.rates.append(told.rate)

    @property
    def middle(self) -> float:
        return statistics.median(self.rates)


def fetch(address: str, *, packed: bool) -> bytes:
    headers = BROWSER if packed else BROWSER | {"Accept-Encoding": "identity"}
    trusting = ssl.create_default_context()
    # The certificates are made here, for here.
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    asked = Request(address, headers=headers)  # noqa: S310 - of this machine
    with urlopen(asked, timeout=30, context=trusting) as answer:  # noqa: S310
        assert answer.status == 200, address
        return bytes(answer.read())


@contextmanager
def houses(ghost: str) -> Iterator[dict[str, str]]:
    """Where each of the four sides stands."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o711)
        data = folder / "var"
        data.mkdir()
        settings = {
            "SERVE_PORT": str(port),
            "SERVE_PLAIN_PORT": str(free_port()),
            "DEMO_POSTS": "true",
            "WEB_PROCESSES": "1",
            "LIMIT_READ": NO_LIMIT,
        }
        with stack(data, "--serve", **settings) as running:
            running.start()
            ours, web = f"https://localhost:{port}", f"http://127.0.0.1:{running.port}"
            tls = data / "tls"
            eventually(lambda: the_post(web) and is_filled(web), within=FILLED_WITHIN)
            with plain_nginx(ghost, folder / "ghost", tls / "localhost.crt", tls / "localhost.key") as theirs:
                yield {"web": web, "nginx": ours, "ghost": ghost, "ghost-nginx": theirs}
            running.signal(signal.SIGINT)
            running.wait()


def the_post(web: str) -> str:
    """The first on the creator's page is the one that greets everybody."""
    found = POST.search(fetch(f"{web}/@creator", packed=False).decode())
    path = found[1] if found else ""
    return path if path and IN_THE_POST in fetch(web + path, packed=False).decode() else ""


def sides_of(at: dict[str, str], ours: Page, theirs: Page) -> dict[str, Side]:
    pages = {name: theirs if name.startswith("ghost") else ours for name in at}
    return {name: Side(origin + pages[name].path, pages[name].words) for name, origin in at.items()}


def take_turns(sides: dict[str, Side]) -> None:
    for side in sides.values():
        side.check()
        wrk(side.address, WARM_UP)
    for number in range(ROUNDS):
        forth = list(sides.values())
        for side in reversed(forth) if number % 2 else forth:
            side.measure()


def told(page: str, sides: dict[str, Side]) -> Iterator[str]:
    for shape, (ours, theirs) in SHAPES.items():
        ratios = [a / b for a, b in zip(sides[ours].rates, sides[theirs].rates, strict=True)]
        yield (
            f"P15 {page}, {shape}: ratio {statistics.median(ratios):.3g}"
            f" ({ROUNDS} rounds, {min(ratios):.3g} to {max(ratios):.3g}),"
            f" {sides[ours].middle:,.0f} against {sides[theirs].middle:,.0f} a second"
        )


def main(ghost: str) -> None:
    with houses(ghost) as at:
        found = {"post": replace(PAGES["post"][0], path=the_post(at["web"]))}
        pages = {name: sides_of(at, found.get(name, ours), theirs) for name, (ours, theirs) in PAGES.items()}
        shown = {
            f"{name} {page}": sides[side].address
            for page, sides in pages.items()
            for name, side in (("Fanlight", "nginx"), ("Ghost", "ghost"))
        }
        print(*weights(shown), sep="\n", flush=True)
        for page, sides in pages.items():
            take_turns(sides)
            print(*told(page, sides), sep="\n", flush=True)


if __name__ == "__main__":
    main(re.sub("/$", "", sys.argv[1]))
