"""What tests ask the chain, by the real client."""

from typing import Any

from solana.rpc.commitment import Commitment, Confirmed, Processed
from solana.rpc.models import TxOpts
from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import Message
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction
from solders.transaction_status import EncodedConfirmedTransactionWithStatusMeta as Found
from spl.token.constants import TOKEN_PROGRAM_ID
from spl.token.instructions import get_associated_token_address

from tests.doubles.chain import USDC, ChainDouble

LAMPORTS = 1_000_000_000


def balance(chain: ChainDouble, key: Pubkey, commitment: Commitment = Processed) -> int:
    return chain.ask(lambda client: client.get_balance(key, commitment)).value


def tokens(chain: ChainDouble, owner: Pubkey, mint: Pubkey = USDC, program: Pubkey = TOKEN_PROGRAM_ID) -> int:
    account = get_associated_token_address(owner, mint, program)
    return int(chain.ask(lambda client: client.get_token_account_balance(account, Processed)).value.amount)


def found_by(chain: ChainDouble, key: Pubkey, commitment: Commitment = Confirmed, **more: Any) -> list[Any]:
    return list(
        chain.ask(lambda client: client.get_signatures_for_address(key, commitment=commitment, **more)).value
    )


def signatures_by(
    chain: ChainDouble, key: Pubkey, commitment: Commitment = Confirmed, **more: Any
) -> list[str]:
    return [str(one.signature) for one in found_by(chain, key, commitment, **more)]


def read(chain: ChainDouble, signature: str, encoding: str = "json", **more: Any) -> Found:
    options: dict[str, Any] = {"commitment": Confirmed, "max_supported_transaction_version": 0} | more
    wanted = Signature.from_string(signature)
    found = chain.ask(lambda client: client.get_transaction(wanted, encoding, **options)).value
    assert found is not None
    return found


def status(chain: ChainDouble, signature: str, *, search: bool = True) -> Any:
    wanted = [Signature.from_string(signature)]
    return chain.ask(
        lambda client: client.get_signature_statuses(wanted, search_transaction_history=search)
    ).value[0]


def a_rich_key(chain: ChainDouble, sol: str = "10", usdc: str = "0") -> Keypair:
    key = Keypair()
    chain.faucet(key.pubkey(), sol=sol, usdc=usdc)
    return key


def a_transfer(
    chain: ChainDouble, key: Keypair, target: Pubkey, lamports: int, *, recent: Hash | None = None
) -> VersionedTransaction:
    latest = recent or chain.ask(lambda client: client.get_latest_blockhash(Processed)).value.blockhash
    instruction = transfer(TransferParams(from_pubkey=key.pubkey(), to_pubkey=target, lamports=lamports))
    return VersionedTransaction(Message.new_with_blockhash([instruction], key.pubkey(), latest), [key])


def send(chain: ChainDouble, sent: VersionedTransaction, *, skip_preflight: bool = False) -> str:
    options = TxOpts(skip_preflight=skip_preflight, preflight_commitment=Processed)
    return str(chain.ask(lambda client: client.send_raw_transaction(bytes(sent), options)).value)
