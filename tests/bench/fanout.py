"""P7: how long what is said in a room takes to all who are in it, beside the barest thing that could do it.

The room: 500 sockets of our realtime process; a message goes through Redis, as the web process sends it. The
baseline: as many sockets of a bare asyncio server, which gets the same bytes by a connection of its own and
writes them to all. The readers are the same for both, in this process.
"""

import asyncio
import json
import multiprocessing
import socket
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from app.config import Settings
from app.platform import realtime
from app.platform.realtime import frames
from tests.bench.harness import Bench, Samples, measure
from tests.bench.sockets import PING, PONG, IdleReader, open_all
from tests.platform.realtime_server import live_server
from tests.support import eventually, free_port

ROOM, ROUNDS, MESSAGES, PAUSE = 500, 7, 100, 0.01
TOPIC, EVENT = "room:bench", "said"
# About as long as what is pushed for a message in a room.
PAYLOAD = {"message": "Good evening, all. " * 60}
FRAME = frames.text(json.dumps({"type": "event", "event": EVENT, "payload": PAYLOAD}))
GOAL_MS = 50.0
HELLO, READY = b"?", b"!"


@measure("P7", "fanout_p99_against_bare_broadcast", goal="<= 1.25")
def fanout(bench: Bench) -> Samples:
    bare, ours = _measured(bench)
    print(
        f"P7 fanout_p99_ms value {1e3 * statistics.median(ours):.1f} goal <={GOAL_MS:.0f} ({ROOM} sockets, "
        f"{ROUNDS} rounds, {1e3 * min(ours):.1f} to {1e3 * max(ours):.1f}; "
        f"bare {1e3 * statistics.median(bare):.1f})",
        flush=True,
    )
    return Samples([one / other for one, other in zip(ours, bare, strict=True)])


def _measured(bench: Bench) -> tuple[list[float], list[float]]:
    """The p99 of each round, of the bare one and of ours."""
    with bench.house.app_context(), _bare_server() as port, live_server(bench.settings) as live:
        return asyncio.run(_rounds(bench.settings, port, live.port))


async def _rounds(settings: Settings, bare_port: int, our_port: int) -> tuple[list[float], list[float]]:
    bare, ours = Heard(), Heard()
    _, speaker = await asyncio.open_connection("127.0.0.1", bare_port)
    await open_all(ROOM, bare_port, partial(BareListener, bare, settings, Counter()))
    await open_all(ROOM, our_port, partial(Listener, ours, settings, Counter(), TOPIC))
    found: tuple[list[float], list[float]] = [], []
    for _ in range(ROUNDS):
        for which, p99 in enumerate(await _round(bare, lambda: speaker.write(FRAME), ours)):
            found[which].append(p99)
    speaker.close()
    return found


def _push() -> None:
    realtime.push_topic(TOPIC, EVENT, PAYLOAD)


async def _round(bare: "Heard", say_bare: Callable[[], None], ours: "Heard") -> tuple[float, float]:
    """In turns, message by message: whatever else the machine does hits both."""
    turns = [(bare, say_bare), (ours, _push)]
    for heard, _ in turns:
        heard.after.clear()
    for number in range(MESSAGES):
        for heard, say in reversed(turns) if number % 2 else turns:
            await _say(heard, say)
    return bare.p99, ours.p99


async def _say(heard: "Heard", say: Callable[[], None]) -> None:
    heard.by_all.clear()
    heard.said_at = time.perf_counter()
    say()
    await asyncio.wait_for(heard.by_all.wait(), 10)
    await asyncio.sleep(PAUSE)


@dataclass
class Heard:
    """How long after it was said each reader had all of a message."""

    said_at: float = 0.0
    after: list[float] = field(default_factory=list)
    by_all: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.after, n=100)[-1]

    def note(self) -> None:
        self.after.append(time.perf_counter() - self.said_at)
        if len(self.after) % ROOM == 0:
            self.by_all.set()


class Listener(IdleReader):
    """Once it is there, it counts bytes alone."""

    def __init__(self, heard: Heard, settings: Settings, seen: "Counter[str]", *topics: str) -> None:
        super().__init__(settings, seen, *topics)
        self._heard = heard
        self._left = len(FRAME)

    def data_received(self, data: bytes) -> None:
        if not self.ready.done():
            super().data_received(data)
            return
        if self._left == len(FRAME) and data[0] == PING:
            self._transport.write(PONG)
            data = data[2:]
        self._left -= len(data)
        if self._left <= 0:
            self._left += len(FRAME)
            self._heard.note()


class BareListener(Listener):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(HELLO)

    def data_received(self, data: bytes) -> None:
        if self.ready.done():
            super().data_received(data)
        else:
            self.ready.set_result(None)


@contextmanager
def _bare_server() -> Iterator[int]:
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(port,))
    process.start()
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.join(10)


def _wait_for(port: int) -> None:
    def answers() -> bool:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True

    eventually(answers)


def _serve(port: int) -> None:
    asyncio.run(_broadcast(port))


async def _broadcast(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(Broadcaster, set()), "127.0.0.1", port)
    await server.serve_forever()


class Broadcaster(asyncio.Protocol):
    """What anybody says, all get who have said hello."""

    def __init__(self, everybody: "set[asyncio.Transport]") -> None:
        self._everybody = everybody
        self._said = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if data == HELLO:
            self._everybody.add(self._transport)
            self._transport.write(READY)
            return
        self._said += data
        while len(self._said) >= len(FRAME):
            frame, self._said = self._said[: len(FRAME)], self._said[len(FRAME) :]
            for one in self._everybody:
                one.write(frame)

    def connection_lost(self, exception: Exception | None) -> None:
        self._everybody.discard(self._transport)
