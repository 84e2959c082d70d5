"""Who may do what how often, from the settings; and the answer to one question."""

import math
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from app.config import Settings
from app.platform.errors import TooMany

MINUTE, HOUR, DAY, WEEK = 60, 3_600, 86_400, 604_800
PARTS_A_MINUTE = 900
FIRST_WORDS_A_DAY, FIRST_WORDS_NEW = 50, 10
BROADCASTS_A_DAY = 10
SEARCHES_A_MINUTE = 60
TRIED_NOTICES_AN_HOUR = 20
ROOM_A_MINUTE = 40
COMMENTS_A_MINUTE, REPORTS_AN_HOUR, CODES_AN_HOUR = 10, 30, 60
SIGN_IN_WINDOW = 15 * MINUTE
# Behind one address lives a household or an office.
PEOPLE_AT_AN_ADDRESS = 10


@dataclass(frozen=True, slots=True)
class Quota:
    name: str
    amount: int
    seconds: int
    # Counted in PostgreSQL while Redis is away; the others open.
    durable: bool = False
    policy: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "policy", f'"{self.name}";q={self.amount};w={self.seconds}')


@dataclass(frozen=True, slots=True)
class Verdict:
    quota: Quota
    remaining: int
    # Seconds until there is more; 0 when it was granted.
    wait: float = 0.0

    @property
    def state(self) -> str:
        reset = math.ceil(self.wait) if self.wait else self.quota.seconds
        return f'"{self.quota.name}";r={self.remaining};t={reset}'

    def insist(self) -> None:
        if self.wait > 0:
            seconds = max(1, math.ceil(self.wait))
            raise TooMany(f"Too many tries in a short time. Try again in {in_words(seconds)}.", seconds)


def quotas(settings: Settings) -> dict[str, Quota]:
    chosen = (
        Quota("read", settings.limit_read, MINUTE),
        Quota("write", settings.limit_write, MINUTE),
        Quota("upload", settings.limit_upload, MINUTE),
        # The parts of an upload that was counted already.
        Quota("parts", PARTS_A_MINUTE, MINUTE),
        # Looking where that asks a provider, draws a paper or writes a table.
        Quota("costly", settings.limit_write, MINUTE),
        # A search is dearer than a page that is looked at, and beside it.
        Quota("search", SEARCHES_A_MINUTE, MINUTE),
        Quota("comment", COMMENTS_A_MINUTE, MINUTE),
        # Beside other writes: whoever talks still buys.
        Quota("message", settings.limit_write, MINUTE),
        # People whom one has never written to before; fewer for who has just come.
        Quota("first_words", FIRST_WORDS_A_DAY, DAY, durable=True),
        Quota("first_words_new", FIRST_WORDS_NEW, DAY, durable=True),
        # What a creator tells all of their people, or many.
        Quota("broadcast", BROADCASTS_A_DAY, DAY, durable=True),
        # Where many talk at once, each leaves room for the others.
        Quota("room", ROOM_A_MINUTE, MINUTE),
        # What a page says by itself while somebody reads and types.
        Quota("marks", 4 * settings.limit_write, MINUTE),
        # A notice that somebody sends to their own device.
        Quota("try_notice", TRIED_NOTICES_AN_HOUR, HOUR),
        Quota("report", REPORTS_AN_HOUR, HOUR),
        # Of gifts and of what makes things cheaper: typed by people, tried by machines.
        Quota("code", CODES_AN_HOUR, HOUR, durable=True),
        # A creator's mail with a code, to the same person.
        Quota("offer", 1, WEEK, durable=True),
        Quota("api", settings.limit_api, MINUTE),
        Quota("mail", settings.limit_mail, HOUR, durable=True),
        Quota("sign_in", settings.limit_write, MINUTE, durable=True),
        Quota("sign_in_account", settings.limit_sign_in_account, SIGN_IN_WINDOW, durable=True),
        Quota("sign_in_address", settings.limit_sign_in_address, SIGN_IN_WINDOW, durable=True),
    )
    return {quota.name: quota for quota in chosen}


def in_words(seconds: int) -> str:
    if seconds < MINUTE:
        return "a second" if seconds == 1 else f"{seconds} seconds"
    minutes = math.ceil(seconds / MINUTE)
    return "a minute" if minutes == 1 else f"{minutes} minutes"


@lru_cache(maxsize=20_000)
def network(address: str) -> str:
    """Where somebody comes from. Whoever has one IPv6 address has the whole /64."""
    try:
        parsed = ip_address(address.split("%", maxsplit=1)[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> 64 << 64)) + "/64"
    return str(parsed)
