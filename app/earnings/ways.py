"""By which rails this house pays its creators now."""

from app.earnings.quoting import CARD, SOLANA
from app.payments import payouts
from app.payments.gateways.solana import signer
from app.platform.settings import settings


def ways() -> list[str]:
    """Those that are registered and have what they need: keys, or a wallet that can sign and nodes to ask."""
    chosen = settings()
    able = {
        CARD: bool(chosen.stripe_secret_key),
        SOLANA: bool(chosen.solana_rpc_url) and signer.signer() is not None,
    }
    return [rail for rail in payouts.rails() if able.get(rail)]
