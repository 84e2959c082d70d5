"""What pages with a wallet button send and get."""

import base64
import binascii
from typing import Any
from uuid import UUID

from flask import jsonify
from werkzeug.wrappers import Response

from app.accounts import wallet_message
from app.accounts.errors import ChallengeGone
from app.accounts.errors_factors import WalletRefused
from app.accounts.operations import wallet_proofs
from app.accounts.operations.wallet_proofs import Proof, Purpose
from app.accounts.views import asked, json_input

# Stands in the text until the wallet says which of its addresses it is; no address looks like it.
ADDRESS = "\x00"


def start(purpose: Purpose, owner: UUID | None = None) -> Response:
    """The input for `solana:signIn`; for older wallets the text's two parts around the address."""
    new = wallet_proofs.ask(purpose, owner)
    asked.keep(new.input.nonce, new.secret)
    before, after = wallet_message.build(new.input, ADDRESS).split(ADDRESS)
    return jsonify({**new.input.to_wallet(), "text": {"before": before, "after": after}})


def secret_of(body: dict[str, Any]) -> str:
    try:
        return asked.secret_of(json_input.text(body, "nonce"))
    except ChallengeGone:
        raise WalletRefused(
            "This was not asked for in this browser, or too long ago. Reload the page and start again."
        ) from None


def proof_of(body: dict[str, Any]) -> Proof:
    return Proof(json_input.text(body, "address"), _bytes(body, "signedMessage"), _bytes(body, "signature"))


def _bytes(body: dict[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(json_input.text(body, name), validate=True)
    except (binascii.Error, ValueError):
        raise WalletRefused(f"The wallet's answer is damaged: {name} is not base64. Start again.") from None
