"""Failed sign-ins, counted for account and address together, and for the address.

Nobody can lock another out: what fails from one address counts against that address only, so an
attacker elsewhere fills windows of their own. For the same reason there is no lock by account
alone. Who guesses one account from very many addresses gets a few tries from each, against
Argon2id; the house does not delay the owner for it, it raises the alarm (`sign_in_attacked`).
"""

import logging

import redis

from app.kit import crypto
from app.platform.cache import cache
from app.platform.limits import counters, window
from app.platform.limits.quotas import SIGN_IN_WINDOW, network
from app.platform.limits.requests import count, quota_of

log = logging.getLogger(__name__)

ALARM_EVERY = 20


def check_sign_in(account_key: str, address: str) -> None:
    """Takes one of the tries, before any password is looked at, so that fifty at once are not fifty tries.

    It counts as failed until `clear_sign_in` says that it was not. TooMany when none is left.
    """
    pair, whole = _keys(account_key, address)
    verdicts = count([(pair, quota_of("sign_in_account")), (whole, quota_of("sign_in_address"))])
    longest = max(verdicts, key=lambda verdict: verdict.wait)
    if longest.wait:
        told = {"limit": longest.quota.name, "account_digest": _digest(account_key)}
        log.warning("sign_in_limited", extra=told)
    longest.insist()


def failed_sign_in(account_key: str, address: str) -> None:
    """The try stands. Many addresses failing at one account are worth somebody's attention."""
    account = _digest(account_key)

    def remember(client: redis.Redis) -> int:
        key = f"limit:failed_from:{account}"
        with client.pipeline(transaction=False) as pipe:
            pipe.pfadd(key, network(address))
            pipe.expire(key, SIGN_IN_WINDOW)
            pipe.pfcount(key)
            is_new, _, addresses = pipe.execute()
        return int(addresses) if is_new else 0

    addresses = cache().attempt(remember, otherwise=0)
    if addresses and addresses % ALARM_EVERY == 0:
        log.warning("sign_in_attacked", extra={"account_digest": account, "addresses": addresses})


def clear_sign_in(account_key: str, address: str) -> None:
    """It was the owner: their failed tries from here count no longer, for the address neither."""
    pair, whole = _keys(account_key, address)
    if not window.give_back(cache(), pair, whole):
        counters.give_back(pair, whole)


def _keys(account_key: str, address: str) -> tuple[str, str]:
    whole = f"limit:failed:{{{network(address)}}}"
    return f"{whole}:{_digest(account_key)}", whole


def _digest(account_key: str) -> str:
    return crypto.digest(account_key.strip().casefold()).hex()[:32]
