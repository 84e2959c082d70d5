"""What the chain says: which transactions name an address, and what they did to our wallet."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

from solana.rpc.async_api import AsyncClient
from solana.rpc.commitment import Commitment, Confirmed, Finalized
from solders.pubkey import Pubkey
from solders.rpc.responses import RpcConfirmedTransactionStatusWithSignature
from solders.signature import Signature
from solders.transaction_status import (
    EncodedConfirmedTransactionWithStatusMeta,
    TransactionConfirmationStatus,
    UiTransactionStatusMeta,
)
from spl.token.constants import TOKEN_PROGRAM_ID

from app.kit import clock
from app.payments.errors import Contradicted, Impossible, Unsure
from app.payments.gateways.solana import base58
from app.payments.gateways.solana.nodes import nodes
from app.payments.gateways.solana.parsing import TOKEN_PROGRAMS, Instruction, Move, moves
from app.payments.gateways.solana.wallets import key, token_account
from app.payments.solana.values import SOL, USDC, Found, Seen, Transfer
from app.platform.settings import settings

# By then all nodes that work know of a transaction.
HEARD_OF_LATEST = timedelta(minutes=10)
AT_ONCE = 10
PAGE = 1_000
FINAL = TransactionConfirmationStatus.Finalized


@dataclass(frozen=True, slots=True)
class House:
    """Our accounts, as they stand in transactions."""

    wallet: Pubkey
    usdc: Pubkey
    mint: Pubkey


def house(wallet: str) -> House:
    mint = key(settings().solana_usdc_mint)
    return House(key(wallet), token_account(key(wallet), mint), mint)


def naming(addresses: Sequence[str]) -> dict[str, list[Found]]:
    """For each address the confirmed transactions that name it, the oldest first: all of them."""
    found: dict[str, list[Found]] = {}
    for start in range(0, len(addresses), AT_ONCE):
        part = addresses[start : start + AT_ONCE]

        async def together(client: AsyncClient, part: Sequence[str] = part) -> list[list[Found]]:
            return list(await asyncio.gather(*(_page(client, one, Confirmed) for one in part)))

        for address, first in zip(part, nodes().ask(together), strict=True):
            found[address] = _all_pages(address, Confirmed, first)[::-1]
    return found


def own_since(address: str, last: str | None, slot: int) -> list[Found]:
    """The final transactions that name an account of ours, the oldest first: from this slot on.

    A node that has not heard of the last one yet tells of all that was before.
    """
    first = nodes().ask(lambda client: _page(client, address, Finalized, until=last))
    found = _all_pages(address, Finalized, first, last, lambda one: one.slot < slot)
    return [one for one in reversed(found) if one.slot >= slot]


def own_named(wallet: str, memo: str, since: datetime, height: int) -> list[Found]:
    """The final ones of our wallet's list with this memo, as a node tells that is above this block."""

    async def question(client: AsyncClient) -> list[Found]:
        epoch = (await client.get_epoch_info(Finalized)).value
        if epoch.block_height <= height:
            raise Unsure("the node is behind")
        return await _page(client, wallet, Finalized)

    found = _all_pages(
        wallet, Finalized, nodes().ask(question), enough=lambda one: one.at is not None and one.at < since
    )
    return [one for one in found if memo in one.memo]


def _all_pages(
    address: str,
    level: Commitment,
    page: list[Found],
    until: str | None = None,
    enough: Callable[[Found], bool] = lambda _: False,
) -> list[Found]:
    """The newest first. Each page is a question of its own: a long list takes longer, and is read."""
    found = list(page)
    while len(page) == PAGE and not enough(page[-1]):
        page = nodes().ask(
            partial(_page, address=address, level=level, until=until, before=page[-1].signature)
        )
        found += page
    return found


async def _page(
    client: AsyncClient,
    address: str,
    level: Commitment,
    *,
    until: str | None = None,
    before: str | None = None,
) -> list[Found]:
    answer = await client.get_signatures_for_address(
        key(address), before=_signature(before), until=_signature(until), limit=PAGE, commitment=level
    )
    if before and not answer.value:
        # Who does not know where to go on says the same as who has come to the end.
        known = await client.get_signature_statuses([Signature.from_string(before)], True)
        if known.value[0] is None:
            raise Unsure("the node is behind")
    return [_found(one) for one in answer.value]


def _found(one: RpcConfirmedTransactionStatusWithSignature) -> Found:
    return Found(
        str(one.signature),
        one.slot,
        datetime.fromtimestamp(one.block_time, UTC) if one.block_time else None,
        one.memo or "",
        one.err is not None,
        one.confirmation_status == FINAL,
    )


def _signature(text: str | None) -> Signature | None:
    return Signature.from_string(text) if text else None


def read(signature: str, ours: House, *, final: bool) -> Seen | None:
    """As the nodes that answer agree on it; `Contradicted` where they do not.

    None while they do not know of it that far. `Impossible` when we cannot read such a thing.
    """
    wanted, level = Signature.from_string(signature), Finalized if final else Confirmed

    async def question(client: AsyncClient) -> EncodedConfirmedTransactionWithStatusMeta | None:
        answer = await client.get_transaction(wanted, "json", level, max_supported_transaction_version=0)
        return answer.value

    answers = nodes().ask_all(question)
    known = [one for one in answers if one is not None]
    told = max((one.block_time for one in known if one.block_time), default=None)
    at = datetime.fromtimestamp(told, UTC) if told else clock.now()
    seen = [kept for one in known if (kept := _kept(signature, one, ours, at))]
    if known and not seen and len(known) == len(answers):
        raise Impossible("no_meta", "no node keeps a record of what the transaction did")
    agreed = next((one for one in seen if 2 * seen.count(one) > len(seen)), None)
    alone = len(seen) == 1 and len(known) < len(answers)
    if seen and (agreed is None or (alone and at < clock.now() - HEARD_OF_LATEST)):
        raise Contradicted("nodes of the chain differ")
    return None if alone else agreed


def _kept(
    signature: str, found: EncodedConfirmedTransactionWithStatusMeta, ours: House, at: datetime
) -> Seen | None:
    """Not every node keeps what a transaction did, or all of it."""
    meta = found.transaction.meta
    if meta is None:
        return None
    with suppress(LookupError, ValueError):
        return _seen(signature, found, meta, ours, at)
    return None


def _seen(
    signature: str,
    found: EncodedConfirmedTransactionWithStatusMeta,
    meta: UiTransactionStatusMeta,
    ours: House,
    at: datetime,
) -> Seen:
    keys = _keys(found, meta)
    fee = meta.fee if keys[0] == ours.wallet else 0
    if meta.err is not None:
        return Seen(signature, at, fee=fee, failed=True)
    all_moves = list(moves(_instructions(found, meta, keys)))
    owners = _owners(meta, keys)
    return Seen(
        signature,
        at,
        arrived=tuple(_transfer(one, owners, ours) for one in all_moves if _coin_at(one.target, one, ours)),
        left=tuple(_transfer(one, owners, ours) for one in all_moves if _coin_at(one.source, one, ours)),
        foreign=tuple(_transfer(one, owners, ours) for one in all_moves if _is_foreign(one, owners, ours)),
        changes={SOL: _lamports(meta, keys, ours) + fee, USDC: _tokens(meta, keys, ours)},
        fee=fee,
    )


def _keys(
    found: EncodedConfirmedTransactionWithStatusMeta, meta: UiTransactionStatusMeta
) -> tuple[Pubkey, ...]:
    """Those that the transaction names, then those that it had looked up."""
    message = cast(Any, found.transaction.transaction).message
    loaded = meta.loaded_addresses
    more = [*loaded.writable, *loaded.readonly] if loaded else []
    return (*message.account_keys, *more)


def _instructions(
    found: EncodedConfirmedTransactionWithStatusMeta,
    meta: UiTransactionStatusMeta,
    keys: tuple[Pubkey, ...],
) -> list[Instruction]:
    own = cast(Any, found.transaction.transaction).message.instructions
    listed = [_instruction(str(n), one, keys) for n, one in enumerate(own)]
    for group in meta.inner_instructions or []:
        listed += [_instruction(f"{group.index}.{n}", one, keys) for n, one in enumerate(group.instructions)]
    return listed


def _instruction(place: str, one: Any, keys: tuple[Pubkey, ...]) -> Instruction:
    accounts = tuple(keys[index] for index in one.accounts)
    return Instruction(place, keys[one.program_id_index], accounts, base58.decode(one.data))


def _coin_at(account: Pubkey, move: Move, ours: House) -> str | None:
    """Which of our coins moves at this account, if it is one of ours."""
    if move.program == TOKEN_PROGRAM_ID:
        return USDC if account == ours.usdc else None
    return SOL if account == ours.wallet else None


def _is_foreign(move: Move, owners: dict[Pubkey, tuple[Pubkey, Pubkey]], ours: House) -> bool:
    """A token account of our wallet, but not the one for a coin that we take."""
    owner, _ = owners.get(move.target, (None, None))
    return owner == ours.wallet and move.target != ours.usdc


def _transfer(move: Move, owners: dict[Pubkey, tuple[Pubkey, Pubkey]], ours: House) -> Transfer:
    """Between wallets: of token accounts, between those that own them."""
    source, sent = owners.get(move.source, (_behind(move), None))
    target, mint = owners.get(move.target, (move.target, sent))
    coin = SOL if mint is None else USDC if mint == ours.mint else str(mint)
    keys = tuple(str(one) for one in move.keys)
    return Transfer(move.place, coin, move.amount, str(source or ""), str(target), keys)


def _behind(move: Move) -> Pubkey | None:
    """Of an account that was opened and closed in passing no owner is on record: the wallet that signed."""
    if move.program not in TOKEN_PROGRAMS:
        return move.source
    return move.by if move.by.is_on_curve() else None


def _owners(meta: UiTransactionStatusMeta, keys: tuple[Pubkey, ...]) -> dict[Pubkey, tuple[Pubkey, Pubkey]]:
    """By token account: whose it is, and of which token."""
    listed = [*(meta.pre_token_balances or []), *(meta.post_token_balances or [])]
    return {keys[one.account_index]: (one.owner, one.mint) for one in listed if one.owner is not None}


def _lamports(meta: UiTransactionStatusMeta, keys: tuple[Pubkey, ...], ours: House) -> int:
    if ours.wallet not in keys:
        return 0
    at = keys.index(ours.wallet)
    return meta.post_balances[at] - meta.pre_balances[at]


def _tokens(meta: UiTransactionStatusMeta, keys: tuple[Pubkey, ...], ours: House) -> int:
    """LookupError where the node has no record of tokens: it is not the same as that there were none."""
    if ours.usdc not in keys:
        return 0
    before, after = meta.pre_token_balances, meta.post_token_balances
    if before is None or after is None:
        raise LookupError("no record of tokens")

    def held(listed: Sequence[Any]) -> int:
        return sum(int(one.ui_token_amount.amount) for one in listed if keys[one.account_index] == ours.usdc)

    return held(after) - held(before)


def balances(wallet: str) -> dict[str, int]:
    """What is finally ours, by coin."""
    return balances_at(wallet)[0]


def balances_at(wallet: str) -> tuple[dict[str, int], int]:
    """And after which slot."""
    ours = house(wallet)
    answer = nodes().ask(
        lambda client: client.get_multiple_accounts([ours.wallet, ours.usdc], commitment=Finalized)
    )
    native, tokens = answer.value
    # Bytes 64 to 72 of a token account say how much it holds.
    held = int.from_bytes(bytes(tokens.data)[64:72], "little") if tokens else 0
    return {SOL: native.lamports if native else 0, USDC: held}, answer.context.slot
