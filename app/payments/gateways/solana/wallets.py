"""Addresses."""

from solders.keypair import Keypair
from solders.pubkey import Pubkey
from spl.token.instructions import get_associated_token_address

from app.platform.settings import settings


def key(address: str) -> Pubkey:
    return Pubkey.from_string(address)


def is_wallet(text: str) -> bool:
    """Somebody can sign for it: no program's account, and no token account by mistake."""
    try:
        return bool(key(text).is_on_curve())
    except ValueError:
        return False


def new_reference() -> str:
    """An address that is used once, to be found by. Nobody keeps its secret half."""
    return str(Keypair().pubkey())


def token_account(wallet: Pubkey, mint: Pubkey) -> Pubkey:
    return get_associated_token_address(wallet, mint)


def usdc_account(wallet: str) -> str:
    """Where this wallet keeps its USDC."""
    return str(token_account(key(wallet), key(settings().solana_usdc_mint)))
