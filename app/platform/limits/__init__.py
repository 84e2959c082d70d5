"""How often somebody may do something.

Guards call `check_request` for every request. Operations call `take` for what is counted by
something else than who asks (mails to one account), and the sign-in trio:

    limits.check_sign_in(email, client.address)      # before any password is looked at
    limits.failed_sign_in(email, client.address)     # it was wrong
    limits.clear_sign_in(email, client.address)      # it was right

Reads are counted in the process and compared with the others twice a second, so that they cost no
round trip. All else is counted exactly, in Redis; sign-in and mail in PostgreSQL while Redis is away.
"""

from app.platform.limits.reads import clear
from app.platform.limits.requests import asker, check_request, init_limits, take
from app.platform.limits.sign_in import check_sign_in, clear_sign_in, failed_sign_in

__all__ = [
    "asker",
    "check_request",
    "check_sign_in",
    "clear",
    "clear_sign_in",
    "failed_sign_in",
    "init_limits",
    "take",
]
