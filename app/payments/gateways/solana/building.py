"""Transactions: the one that a payer's wallet signs, and those of the house."""

import asyncio
import base64
from dataclasses import dataclass

from solana.rpc.async_api import AsyncClient
from solana.rpc.commitment import Confirmed, Finalized
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.message import MessageV0, to_bytes_versioned
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction
from spl.memo.constants import MEMO_PROGRAM_ID
from spl.token.constants import TOKEN_PROGRAM_ID
from spl.token.instructions import create_idempotent_associated_token_account, transfer_checked
from spl.token.models import TransferCheckedParams

from app.kit.money import DIGITS
from app.payments.gateways.solana.nodes import nodes
from app.payments.gateways.solana.signer import Signer
from app.payments.gateways.solana.wallets import key, token_account
from app.payments.solana.values import SOL, Signed
from app.platform.settings import settings


@dataclass(frozen=True, slots=True)
class ToMove:
    source: str
    target: str
    coin: str
    amount: int
    memo: str
    reference: str | None = None
    # Whether its target is given a place for the coin where it has none. It costs more than many a payment.
    opens: bool = True


@dataclass(frozen=True, slots=True)
class Moment:
    blockhash: Hash
    last_height: int
    # Whether the target has a place for the coin.
    opened: bool


def unsigned(wanted: ToMove) -> str:
    """For a payer's wallet, in base 64. It looks at it, signs and sends it."""
    message = _message(wanted, _now(wanted))
    empty = [Signature.default()] * message.header.num_required_signatures
    return base64.b64encode(bytes(VersionedTransaction.populate(message, empty))).decode()


def signed(wanted: ToMove, signer: Signer) -> Signed | None:
    """Not sent yet: whoever asked keeps it first. None where its target has no place for the coin."""
    moment = _now(wanted)
    if wanted.coin != SOL and not moment.opened and not wanted.opens:
        return None
    message = _message(wanted, moment)
    signature = Signature.from_bytes(signer.sign(to_bytes_versioned(message)))
    raw = bytes(VersionedTransaction.populate(message, [signature]))
    return Signed(str(signature), base64.b64encode(raw).decode(), moment.last_height)


def _now(wanted: ToMove) -> Moment:
    """Of a final block: one that is forked away would take the transaction with it."""
    target = _target_account(wanted)

    async def together(client: AsyncClient) -> Moment:
        latest, account = await asyncio.gather(
            client.get_latest_blockhash(Finalized), client.get_account_info(target, Confirmed)
        )
        return Moment(latest.value.blockhash, latest.value.last_valid_block_height, account.value is not None)

    return nodes().ask(together)


def _message(wanted: ToMove, moment: Moment) -> MessageV0:
    """The memo stands right before the transfer, as Solana Pay wants it."""
    payer = key(wanted.source)
    memo = Instruction(MEMO_PROGRAM_ID, wanted.memo.encode(), [])
    opening = [] if wanted.coin == SOL or moment.opened else [_opening(wanted)]
    instructions = [*opening, memo, _with_reference(_transfer(wanted), wanted.reference)]
    return MessageV0.try_compile(payer, instructions, [], moment.blockhash)


def _transfer(wanted: ToMove) -> Instruction:
    source, target = key(wanted.source), key(wanted.target)
    if wanted.coin == SOL:
        return transfer(TransferParams(from_pubkey=source, to_pubkey=target, lamports=wanted.amount))
    mint = _mint()
    return transfer_checked(
        TransferCheckedParams(
            program_id=TOKEN_PROGRAM_ID,
            source=token_account(source, mint),
            mint=mint,
            dest=_target_account(wanted),
            owner=source,
            amount=wanted.amount,
            decimals=DIGITS[wanted.coin],
        )
    )


def _opening(wanted: ToMove) -> Instruction:
    """Nothing happens when somebody opened it meanwhile."""
    return create_idempotent_associated_token_account(key(wanted.source), key(wanted.target), _mint())


def _with_reference(made: Instruction, reference: str | None) -> Instruction:
    if reference is None:
        return made
    found = AccountMeta(key(reference), is_signer=False, is_writable=False)
    return Instruction(made.program_id, bytes(made.data), [*made.accounts, found])


def _target_account(wanted: ToMove) -> Pubkey:
    target = key(wanted.target)
    return target if wanted.coin == SOL else token_account(target, _mint())


def _mint() -> Pubkey:
    return key(settings().solana_usdc_mint)
