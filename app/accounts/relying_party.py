"""What we are to an authenticator (WebAuthn's relying party), and the checks of its answers."""

import json
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from webauthn import verify_authentication_response, verify_registration_response
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import InvalidAuthenticationResponse, InvalidRegistrationResponse
from webauthn.registration.verify_registration_response import VerifiedRegistration

from app.accounts.errors_factors import PasskeyRefused
from app.platform.settings import settings

T = TypeVar("T")


def rp_id() -> str:
    return urlsplit(settings().base_url).hostname or "localhost"


def origins() -> list[str]:
    """Exact: scheme, host and port. In demo mode the site is also reached without its proxy."""
    own = [_origin(settings().base_url)]
    return [*own, f"http://localhost:{settings().port}"] if settings().demo else own


def challenge_of(answer: dict[str, Any]) -> str:
    """The challenge that the browser says it answers; which of ours it is. Proves nothing yet."""

    def read() -> str:
        client_data = json.loads(base64url_to_bytes(answer["response"]["clientDataJSON"]))
        if client_data.get("crossOrigin"):
            raise ValueError("answered inside a frame of another site")
        return str(client_data["challenge"])

    return _checked(read)


def credential_id_of(answer: dict[str, Any]) -> bytes:
    return _checked(lambda: base64url_to_bytes(answer["rawId"]))


def user_handle_of(answer: dict[str, Any]) -> bytes | None:
    handle = answer["response"].get("userHandle")
    return _checked(lambda: base64url_to_bytes(handle)) if handle else None


def check_registration(answer: dict[str, Any], challenge: str) -> VerifiedRegistration:
    return _checked(
        lambda: verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=rp_id(),
            expected_origin=origins(),
            require_user_verification=True,
        )
    )


def check_proof(
    answer: dict[str, Any], challenge: str, *, public_key: bytes, sign_count: int
) -> VerifiedAuthentication:
    """A count that does not grow means a copied authenticator, and is refused with the rest."""
    return _checked(
        lambda: verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=rp_id(),
            expected_origin=origins(),
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    )


def _checked(read: Callable[[], T]) -> T:
    try:
        return read()
    except (InvalidAuthenticationResponse, InvalidRegistrationResponse) as error:
        raise PasskeyRefused from error
    except Exception as error:
        # The answer is a stranger's bytes: whatever it breaks in a parser, it is not an answer to us.
        raise PasskeyRefused("What the browser sent is not a passkey's answer. Try again.") from error


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
