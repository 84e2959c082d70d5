"""P7: how many idle sockets one realtime process holds, and what each of them weighs.

The readers are bare asyncio protocols in this process: they say hello, answer pings and wait.
"""

import asyncio
import base64
import json
import os
import resource
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from app.config import Settings
from tests.bench.harness import Bench, Samples, measure
from tests.platform.realtime_server import LiveServer, Reader, live_server

SOCKETS = 9_500
GOAL_KILOBYTES = 55
AT_A_TIME = 64
# Longer than it takes to ask all of them once whether they are still there.
HOLD_SECONDS = 30.0
SOURCES = 16

TEXT, PING = 0x81, 0x89
PONG = b"\x8a\x80\x00\x00\x00\x00"

_found: "list[Held]" = []


@dataclass(frozen=True)
class Held:
    sockets: int
    pinged: int
    bytes_each: float
    opened_in: float
    processor: float


@measure("P7", "idle_sockets", goal=f">= {SOCKETS}")
def idle_sockets(bench: Bench) -> Samples:
    held = _held(bench)
    print(
        f"P7 opened in {held.opened_in:.0f} s, {held.pinged} pings answered, "
        f"{held.processor:.0f} % of a core while idle",
        flush=True,
    )
    return Samples([float(held.sockets)], exact=True)


@measure("P7", "memory_per_socket_kb", goal=f"<= {GOAL_KILOBYTES}")
def memory_per_socket(bench: Bench) -> Samples:
    """What the process grew by, divided by its sockets."""
    return Samples([_held(bench).bytes_each / 1024], exact=True)


def _held(bench: Bench) -> Held:
    """Once for both measures."""
    if not _found:
        _found.append(_hold_them(bench))
    return _found[0]


def _hold_them(bench: Bench) -> Held:
    settings = bench.settings.model_copy(update={"max_sockets": SOCKETS + 100})
    assert bench.house
    with live_server(settings) as server:
        return asyncio.run(_hold(server, SOCKETS))


async def _hold(server: LiveServer, count: int) -> Held:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    process = psutil.Process(server.process.pid)
    before, begun = process.memory_info().rss, time.perf_counter()
    seen: Counter[str] = Counter()
    transports = await _open_all(server, count, seen)
    opened_in = time.perf_counter() - begun
    used = _seconds(process)
    await asyncio.sleep(HOLD_SECONDS)
    held = Held(
        sockets=int(await asyncio.to_thread(server.metric, "fanlight_sockets")),
        pinged=seen["pings"],
        bytes_each=(process.memory_info().rss - before) / count,
        opened_in=opened_in,
        processor=100 * (_seconds(process) - used) / HOLD_SECONDS,
    )
    for transport in transports:
        transport.abort()
    return held


async def _open_all(server: LiveServer, count: int, seen: "Counter[str]") -> list[asyncio.Transport]:
    return await open_all(count, server.port, lambda: IdleReader(server.settings, seen))


async def open_all(count: int, port: int, make: "Callable[[], IdleReader]") -> list[asyncio.Transport]:
    room = asyncio.Semaphore(AT_A_TIME)

    async def open_one(number: int) -> asyncio.Transport:
        async with room:
            loop = asyncio.get_running_loop()
            here = (f"127.0.0.{2 + number % SOURCES}", 0)
            transport, reader = await loop.create_connection(make, "127.0.0.1", port, local_addr=here)
            await asyncio.wait_for(reader.ready, 30)
            return transport

    return await asyncio.gather(*(open_one(number) for number in range(count)))


class IdleReader(asyncio.Protocol):
    """As little as a websocket client can be."""

    def __init__(self, settings: Settings, seen: "Counter[str]", *topics: str) -> None:
        self._settings, self._topics = settings, topics
        self._seen = seen
        self._shaken_hands = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /ws HTTP/1.1\r\nHost: localhost\r\nOrigin: {self._settings.base_url}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if not self._shaken_hands:
            assert data.startswith(b"HTTP/1.1 101"), data[:200]
            self._shaken_hands = True
            self._transport.write(_hello(self._settings.secret_key, *self._topics))
        elif data[0] == PING:
            self._seen["pings"] += 1
            self._transport.write(PONG)
        elif data[0] == TEXT and not self.ready.done():
            self.ready.set_result(None)

    def connection_lost(self, exception: Exception | None) -> None:
        self._seen["lost"] += 1
        if not self.ready.done():
            self.ready.set_exception(exception or ConnectionResetError("closed before it was ready"))


def _hello(secret_key: str, *topics: str) -> bytes:
    body = json.dumps({"type": "hello", "ticket": Reader.new().ticket(secret_key, *topics)}).encode()
    # Masked with zeros, which is allowed and costs nothing.
    return bytes([TEXT, 0x80 | 126]) + len(body).to_bytes(2) + bytes(4) + body


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
