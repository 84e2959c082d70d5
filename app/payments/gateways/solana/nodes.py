"""Asking nodes of the chain: one after the other until one answers.

The official client is asynchronous only; its loop runs on a thread of its own. A node that failed is asked
last, one that said "too many" is left alone for as long as it wants.
"""

import asyncio
import os
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

from httpx2 import HTTPStatusError
from solana.exceptions import SolanaRpcException
from solana.rpc.async_api import AsyncClient
from solana.rpc.core import RPCException

from app.payments.errors import Impossible, Unsure
from app.platform.settings import settings
from app.platform.transaction import in_transaction

T = TypeVar("T")
Question = Callable[[AsyncClient], Awaitable[T]]

# Seconds for one answer, and for how long one that failed is asked last.
TIMEOUT = 8.0
FAILED_RESTS = 5.0
MOST_PATIENCE = 60.0
TOO_MANY = 429
# What is asked about is to blame: another node says the same. "Method not found" and "invalid request" say
# nothing of the kind: providers refuse so what is sold in another plan.
UNREADABLE = "UnsupportedTransactionVersion"


@dataclass
class Node:
    client: AsyncClient
    failed_until: float = 0.0
    rests_until: float = 0.0


class Nodes:
    """Those of one process. Threads may ask at once."""

    def __init__(self, addresses: tuple[str, ...]) -> None:
        self._loop = asyncio.new_event_loop()
        self._nodes = [
            Node(AsyncClient(address, timeout=TIMEOUT, max_transport_retries=0)) for address in addresses
        ]
        threading.Thread(target=self._loop.run_forever, name="solana", daemon=True).start()

    def ask(self, question: Question[T]) -> T:
        """The first answer. `Unsure` when no node gives one."""
        trouble: Exception | None = None
        for node in self._in_order():
            try:
                return self._wait_for(self._put(question, node), node)
            except Unsure as error:
                trouble = error
        raise Unsure("no node of the chain answers") from trouble

    def ask_all(self, question: Question[T]) -> list[T]:
        """The answers of all that give one; at least one does. Who failed just now is asked if nobody can."""
        now, awake = time.monotonic(), self._in_order()
        fresh = [node for node in awake if node.failed_until <= now]
        tired = [node for node in awake if node.failed_until > now]
        answers = self._answers(question, fresh) or self._answers(question, tired)
        if not answers:
            raise Unsure("no node of the chain answers")
        return answers

    def _answers(self, question: Question[T], asked: Sequence[Node]) -> list[T]:
        """Of these, asked at once. That it cannot be done counts when nobody could do it."""
        answers, impossible = [], None
        for node, future in [(node, self._put(question, node)) for node in asked]:
            try:
                answers.append(self._wait_for(future, node))
            except Impossible as error:
                impossible = error
            except Unsure:
                continue
        if impossible and not answers:
            raise impossible
        return answers

    def _in_order(self) -> list[Node]:
        now = time.monotonic()
        awake = [node for node in self._nodes if node.rests_until <= now]
        return sorted(awake, key=lambda node: node.failed_until > now)

    def _put(self, question: Question[T], node: Node) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(_asked(question, node.client), self._loop)

    def _wait_for(self, future: Future[T], node: Node) -> T:
        try:
            return future.result()
        except Unsure as error:
            now = time.monotonic()
            node.failed_until = now + FAILED_RESTS
            node.rests_until = now + _patience(error)
            raise


async def _asked(question: Question[T], client: AsyncClient) -> T:
    try:
        return await asyncio.wait_for(question(client), TIMEOUT)
    except RPCException as error:
        said = type(error.args[0]).__name__ if error.args else ""
        if said.startswith(UNREADABLE):
            raise Impossible(said, str(error)) from None
        raise Unsure(f"a node refused: {error}") from error
    except (KeyboardInterrupt, SystemExit, asyncio.CancelledError):
        raise
    except BaseException as error:  # an answer of a wrong shape panics past Exception
        raise Unsure(f"a node failed: {type(error).__name__}") from error


def _patience(error: Unsure) -> float:
    """As the node says with 429; nothing else makes us wait."""
    cause = error.__cause__
    inner = cause.__cause__ if isinstance(cause, SolanaRpcException) else None
    if not isinstance(inner, HTTPStatusError) or inner.response.status_code != TOO_MANY:
        return 0.0
    said = inner.response.headers.get("Retry-After", "1")
    return min(float(said), MOST_PATIENCE) if said.isdecimal() else 1.0


_known: dict[tuple[int, tuple[str, ...]], Nodes] = {}
_knowing = threading.Lock()


def nodes() -> Nodes:
    """Those of the settings. A child of a fork makes its own: threads stay with the parent."""
    if in_transaction():
        raise RuntimeError("the chain was asked inside transaction()")
    key = os.getpid(), tuple(settings().solana_rpc_url)
    with _knowing:
        if key not in _known:
            _known[key] = Nodes(key[1])
        return _known[key]
