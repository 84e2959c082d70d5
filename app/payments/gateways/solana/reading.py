"""What the chain says: which transactions name an address, and what they did to our wallet."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from solana.rpc.async_api import AsyncClient
from solana.rpc.commitment import Commitment, Confirmed, Finalized
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction_status import (
    EncodedConfirmedTransactionWithStatusMeta,
    TransactionConfirmationStatus,
    UiTransactionStatusMeta,
)
from spl.token.constants import TOKEN_PROGRAM_ID

from app.kit import clock
from app.payments.errors import Impossible
from app.payments.gateways.solana import base58
from app.payments.gateways.solana.nodes import nodes
from app.payments.gateways.solana.parsing import Instruction, Move, moves
from app.payments.gateways.solana.wallets import key, token_account
from app.payments.solana.values import SOL, USDC, Found, Seen, Transfer
from app.platform.settings import settings

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
            return list(await asyncio.gather(*(_all_naming(client, one, Confirmed) for one in part)))

        found |= zip(part, nodes().ask(together), strict=True)
    return found


def own_since(address: str, last: str | None) -> list[Found]:
    """The final transactions that name an account of ours, the oldest first, after the last one read."""
    return nodes().ask(lambda client: _all_naming(client, address, Finalized, last))


def newest(address: str) -> str | None:
    """The last final transaction that names it."""
    answer = nodes().ask(
        lambda client: client.get_signatures_for_address(key(address), limit=1, commitment=Finalized)
    )
    return str(answer.value[0].signature) if answer.value else None


async def _all_naming(
    client: AsyncClient, address: str, level: Commitment, until: str | None = None
) -> list[Found]:
    known: list[Any] = []
    stop = Signature.from_string(until) if until else None
    while True:
        before = known[-1].signature if known else None
        answer = await client.get_signatures_for_address(
            key(address), before=before, until=stop, limit=PAGE, commitment=level
        )
        known += answer.value
        if len(answer.value) < PAGE:
            break
    return [
        Found(str(one.signature), one.err is not None, one.confirmation_status == FINAL)
        for one in reversed(known)
    ]


def read(signature: str, ours: House, *, final: bool) -> Seen | None:
    """None while no node knows of it that far. `Impossible` when we cannot read such a thing."""
    wanted, level = Signature.from_string(signature), Finalized if final else Confirmed
    answer = nodes().ask(
        lambda client: client.get_transaction(wanted, "json", level, max_supported_transaction_version=0)
    )
    return _seen(signature, answer.value, ours) if answer.value else None


def _seen(signature: str, found: EncodedConfirmedTransactionWithStatusMeta, ours: House) -> Seen:
    meta = found.transaction.meta
    if meta is None:
        raise Impossible("no_meta", "a node keeps no record of what the transaction did")
    at = datetime.fromtimestamp(found.block_time, UTC) if found.block_time else clock.now()
    keys = _keys(found, meta)
    fee = meta.fee if keys[0] == ours.wallet else 0
    if meta.err is not None:
        return Seen(signature, at, fee=fee)
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
    source, _ = owners.get(move.source, (move.source, None))
    target, mint = owners.get(move.target, (move.target, None))
    coin = SOL if mint is None else USDC if mint == ours.mint else str(mint)
    keys = tuple(str(one) for one in move.keys)
    return Transfer(move.place, coin, move.amount, str(source), str(target), keys)


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
    def held(listed: Sequence[Any] | None) -> int:
        return sum(
            int(one.ui_token_amount.amount) for one in listed or [] if keys[one.account_index] == ours.usdc
        )

    return held(meta.post_token_balances) - held(meta.pre_token_balances)


def balances(wallet: str) -> dict[str, int]:
    """What is finally ours, by coin."""
    ours = house(wallet)
    answer = nodes().ask(
        lambda client: client.get_multiple_accounts([ours.wallet, ours.usdc], commitment=Finalized)
    )
    native, tokens = answer.value
    # Bytes 64 to 72 of a token account say how much it holds.
    held = int.from_bytes(bytes(tokens.data)[64:72], "little") if tokens else 0
    return {SOL: native.lamports if native else 0, USDC: held}
