"""What measures stand on: servers, sites in processes of their own, rounds, the line that is printed."""

import multiprocessing
import os
import re
import signal
import socket
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psutil
from flask import Flask

from app import create_app
from app.config import Mode, Settings, load_settings
from tests.bench.load import Load, generate
from tests.schema import make_schema
from tests.support import eventually
from workers.stack.embedded import EmbeddedServers
from workers.stack.serving import Serving

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

ROUNDS = 7
SECONDS = 1.0
SECRET = "a-secret-that-only-benches-know-0123456789"
NO_LIMIT = 10**9

Make = Callable[[], "WSGIApplication"]


@dataclass(frozen=True)
class Samples:
    """One figure a round, or one exact value."""

    values: list[float]
    exact: bool = False

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def __str__(self) -> str:
        return f"value {self.median:,.4g}" if self.exact else f"ratio {self.median:.3g}"

    @property
    def spread(self) -> str:
        if self.exact:
            return ""
        return f" ({len(self.values)} rounds, {min(self.values):.3g} to {max(self.values):.3g})"


@dataclass(frozen=True)
class Measure:
    id: str
    name: str
    goal: str
    run: "Callable[[Bench], Samples]"

    def line(self, found: Samples) -> str:
        missed = "" if self.reached(found) else " MISSED"
        return f"{self.id} {self.name} {found} goal {re.sub(r'(?<==) ', '', self.goal)}{found.spread}{missed}"

    def reached(self, found: Samples) -> bool:
        match = re.fullmatch(r"(<=|>=)\s*([\d.]+)", self.goal)
        if match is None:
            return True
        bound = float(match[2])
        return found.median <= bound if match[1] == "<=" else found.median >= bound


MEASURES: list[Measure] = []


def measure(id: str, name: str, *, goal: str) -> Callable[..., Callable[["Bench"], Samples]]:
    """`goal` is `<= 0.08`, `>= 0.5`, or words when there is nothing to compare with."""

    def register(run: Callable[["Bench"], Samples]) -> Callable[["Bench"], Samples]:
        MEASURES.append(Measure(id, name, goal, run))
        return run

    return register


def interleaved(
    baseline: Callable[[], float], candidate: Callable[[], float], rounds: int = ROUNDS
) -> Samples:
    """Candidate over baseline, A B B A A B ..., so that a machine that warms up or slows down hits both."""
    ratios = []
    for number in range(rounds):
        if number % 2:
            after = candidate()
            before = baseline()
        else:
            before = baseline()
            after = candidate()
        ratios.append(after / before)
    return Samples(ratios)


@dataclass
class Site:
    """An app behind the product's web server, one process, one listening socket."""

    port: int
    process: psutil.Process

    def load(self, path: str, *, cookie: str = "", seconds: float = SECONDS, connections: int = 4) -> Load:
        return generate(self.port, path, cookie=cookie, seconds=seconds, connections=connections)

    def cost(self, path: str, *, cookie: str = "", seconds: float = SECONDS, connections: int = 4) -> float:
        """Processor seconds a request. Unlike a rate it does not depend on who else uses the machine."""
        before = self._spent()
        done = self.load(path, cookie=cookie, seconds=seconds, connections=connections)
        return (self._spent() - before) / done.requests

    def _spent(self) -> float:
        """From the scheduler, thread by thread: the process's own clock counts in hundredths of a second."""
        told = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in told) / 1e9


@dataclass
class Bench:
    """Servers and a house with a schema, for all measures of a run."""

    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @cached_property
    def folder(self) -> Path:
        return Path(self._stack.enter_context(tempfile.TemporaryDirectory()))

    @cached_property
    def servers(self) -> EmbeddedServers:
        return self._stack.enter_context(EmbeddedServers(self.folder, durable=False))

    @cached_property
    def settings(self) -> Settings:
        return load_settings(
            mode=Mode.DEMO,
            database_url=self.servers.database_url,
            redis_url=self.servers.redis_url,
            data_dir=self.folder / "data",
            secret_key=SECRET,
            encryption_keys=[SECRET[::-1]],
            limit_read=NO_LIMIT,
            limit_write=NO_LIMIT,
        )

    @cached_property
    def house(self) -> Flask:
        """For preparing what is measured, in this process."""
        house = create_app(self.settings)
        with house.app_context():
            make_schema(Path("migrations"))
        return house

    @contextmanager
    def site(self, make: Make) -> Iterator[Site]:
        """`make` is called in the site's own process, as wsgi.py does."""
        listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        port = listening.getsockname()[1]
        process = multiprocessing.get_context("fork").Process(target=_serve, args=(make, listening))
        process.start()
        listening.close()
        try:
            eventually(lambda: generate(port, "/healthz", seconds=0.01, connections=1).requests)
            yield Site(port, psutil.Process(process.pid))
        finally:
            process.terminate()
            process.join(10)


def _serve(make: Make, listening: socket.socket) -> None:
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Serving(make(), [listening], threads=4).run()
    sys.stdout.flush()
    os._exit(0)
