"""Sending what was signed, and finding out what became of it."""

import base64
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import httpx2
from solana.rpc.async_api import AsyncClient
from solana.rpc.commitment import Confirmed, Finalized
from solana.rpc.core import RPCException
from solana.rpc.models import TxOpts
from solders.signature import Signature
from solders.transaction import VersionedTransaction
from solders.transaction_status import TransactionConfirmationStatus, TransactionStatus

from app.payments.errors import Unsure
from app.payments.gateways.solana.nodes import TIMEOUT, nodes
from app.payments.solana.values import Signed
from app.platform.settings import settings

FINAL = TransactionConfirmationStatus.Finalized
# Where it is sent again and again, it is the sweep that does so.
OPTIONS = TxOpts(skip_preflight=False, preflight_commitment=Confirmed, max_retries=0)


class Fate(StrEnum):
    # For good; whether it did anything, or failed, is read from it.
    FINAL = "final"
    # It landed, or may still land.
    OPEN = "open"
    # It cannot land any more, and did not.
    ABSENT = "absent"
    # It cannot land any more, and nobody who answers remembers so far back.
    FORGOTTEN = "forgotten"


def send(made: Signed) -> None:
    """The same again is the same transaction. `Unsure` when no node took it; only the chain knows more."""
    raw = base64.b64decode(made.raw)
    nodes().ask(lambda client: client.send_raw_transaction(raw, OPTIONS))


def payer(made: Signed) -> str:
    """Our wallet when it was signed."""
    return str(VersionedTransaction.from_bytes(base64.b64decode(made.raw)).message.account_keys[0])


def ask_for_gift(wallet: str, gift: Mapping[str, Decimal]) -> str:
    """Whole coins, by coin. Only the play chain gives any; the signature of what it sends."""
    node = settings().solana_rpc_url[0]
    said = {"address": wallet} | {coin.lower(): str(amount) for coin, amount in gift.items()}
    try:
        answer = httpx2.post(f"{node}/_double/faucet", json=said, timeout=TIMEOUT)
        return str(answer.raise_for_status().json()["signature"])
    except httpx2.HTTPError as error:
        raise Unsure("the play chain does not answer") from error


def fate(made: Signed, since: datetime) -> Fate:
    """Absent only where all that answer are far enough and say so, and one remembers back to `since`."""
    wanted = Signature.from_string(made.signature)

    async def looked(client: AsyncClient) -> Fate:
        epoch = (await client.get_epoch_info(Finalized)).value
        answer = await client.get_signature_statuses([wanted], search_transaction_history=True)
        status = answer.value[0]
        if status is not None:
            return Fate.FINAL if _is_final(status) else Fate.OPEN
        over = epoch.block_height > made.last_height
        if not over or answer.context.slot < epoch.absolute_slot:
            return Fate.OPEN
        return Fate.ABSENT if await _remembers(client, since) else Fate.FORGOTTEN

    answers = nodes().ask_all(looked)
    return next(one for one in Fate if one in answers)


def _is_final(status: TransactionStatus) -> bool:
    """Where a node does not say how far it is: what has a root is not confirmed any more."""
    if status.confirmation_status is None:
        return status.confirmations is None
    return status.confirmation_status == FINAL


async def _remembers(client: AsyncClient, since: datetime) -> bool:
    """Many nodes keep a few days only, and some do not say how many."""
    try:
        first = (await client.get_first_available_block()).value
        at = (await client.get_block_time(first)).value
    except RPCException:
        return False
    return at is not None and at < since.timestamp()
