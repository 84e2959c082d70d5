"""The local Solana chain as a process of its own, on a port of its own.

Slots last a minute, so that only `tick` and `finalize` move a transaction on; give `slot_ms` for real time.
"""

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from solana.rpc.async_api import AsyncClient
from solders.pubkey import Pubkey

from tests.support import eventually, free_port
from workers.doubles.chain.chain import USDC
from workers.stack.environment import ROOT
from workers.stack.probe import status
from workers.stack.server import tethered

__all__ = ["USDC", "ChainDouble", "Refused", "chain_double", "pay_link"]

T = TypeVar("T")
STARTS_WITHIN = 30
ANSWERS_WITHIN = 60


class Refused(Exception):
    """The double said no; `code` is HTTP's."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(f"{code}: {said}")
        self.code, self.said = code, said


class ChainDouble:
    usdc = USDC

    def __init__(self, state: Path, *, slot_ms: int = 60_000, clock_file: Path | None = None) -> None:
        self.state, self.slot_ms, self.clock_file = state, slot_ms, clock_file
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._client = AsyncClient(self.url)
        # On a thread of its own: the browser's driver has a loop on this one.
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        given = ["--port", str(self.port), "--state", str(self.state), "--slot-ms", str(self.slot_ms)]
        command = tethered([sys.executable, "-m", "workers.doubles.chain", *given], end_with="KILL")
        clock = {"CLOCK_FILE": str(self.clock_file)} if self.clock_file else {}
        self._process = subprocess.Popen(command, cwd=ROOT, env=os.environ | clock, stdin=subprocess.DEVNULL)
        eventually(self._answers, within=STARTS_WITHIN)

    def _answers(self) -> bool:
        return status("127.0.0.1", self.port, "/_double/state") == 200

    def kill(self) -> None:
        """kill -9."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        self._wait_for(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self.kill()

    def restart(self) -> None:
        self.kill()
        self.start()

    # As a program that uses the chain

    def ask(self, question: Callable[[AsyncClient], Awaitable[T]], **options: Any) -> T:
        """One answer, by the real client: `chain.ask(lambda client: client.get_balance(key))`."""

        async def asked() -> T:
            if not options:
                return await question(self._client)
            async with AsyncClient(self.url, **options) as client:
                return await question(client)

        return self._wait_for(asked())

    def _wait_for(self, question: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(question, self._loop).result(ANSWERS_WITHIN)

    def rpc(self, method: str, *params: Any) -> dict[str, Any]:
        """The whole answer, as it is on the wire."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        return self._call("POST", "/", request)

    # As its owner

    def faucet(self, address: Pubkey, *, sol: str = "0", usdc: str = "0") -> str:
        return str(self.tell("faucet", address=str(address), sol=sol, usdc=usdc)["signature"])

    def pay(self, uri: str, wallet: str = "test", **changes: Any) -> list[str]:
        """The play wallet pays as the link asks, or as `changes` say (workers/doubles/chain/control)."""
        signatures: list[str] = self.tell("wallet/send", uri=uri, wallet=wallet, **changes)["signatures"]
        return signatures

    def wallet(self, name: str = "test") -> Pubkey:
        """The address of the play wallet of this name, with play money in it."""
        return Pubkey.from_string(self._call("GET", f"/_double/wallet/{name}")["address"])

    def mint(self, address: Pubkey, amount: str, **options: Any) -> Pubkey:
        """Another token."""
        return Pubkey.from_string(self.tell("mint", address=str(address), amount=amount, **options)["mint"])

    def fault(self, kind: str, **details: Any) -> None:
        self.tell("faults", kind=kind, **details)

    def no_faults(self) -> None:
        self._call("DELETE", "/_double/faults")

    def tick(self, slots: int = 1) -> None:
        self.tell("tick", slots=slots)

    def finalize(self, signature: str | None = None) -> None:
        self.tell("finalize", signature=signature)

    def fork(self, signature: str) -> None:
        self.tell(f"fork/{signature}")

    def tell(self, what: str, **said: Any) -> dict[str, Any]:
        return self._call("POST", f"/_double/{what}", said)

    def _call(self, method: str, path: str, said: Any = None, **headers: str) -> dict[str, Any]:
        body = None if said is None else json.dumps(said).encode()
        headers = {"Content-Type": "application/json"} | headers
        request = Request(self.url + path, body, headers, method=method)  # noqa: S310 - our own
        try:
            with urlopen(request, timeout=30) as response:  # noqa: S310 - our own
                found: dict[str, Any] = json.load(response)
                return found
        except HTTPError as error:
            with error:
                raise Refused(error.code, error.read().decode(errors="replace")) from None


def pay_link(  # noqa: PLR0913 - as many parts as the link has
    recipient: Pubkey,
    amount: str | Decimal | None = None,
    *,
    mint: Pubkey | None = None,
    references: tuple[Pubkey, ...] = (),
    label: str = "",
    message: str = "",
    memo: str = "",
) -> str:
    """A Solana Pay transfer request."""
    parts = [("amount", str(amount))] if amount is not None else []
    parts += [("spl-token", str(mint))] if mint else []
    parts += [("reference", str(one)) for one in references]
    parts += [(name, text) for name, text in (("label", label), ("message", message), ("memo", memo)) if text]
    return f"solana:{recipient}?{urlencode(parts, quote_via=quote)}"


@contextmanager
def chain_double(
    state: Path, *, slot_ms: int = 60_000, clock_file: Path | None = None
) -> Iterator[ChainDouble]:
    made = ChainDouble(state, slot_ms=slot_ms, clock_file=clock_file)
    try:
        made.start()
        yield made
    finally:
        made.close()
