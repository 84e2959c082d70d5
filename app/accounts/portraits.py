"""The picture beside a name. Pictures are a higher feature's, which says in its `init_app` where a
statement finds that of its person (`u`), so that no other has to ask, and how it is fetched:

    portraits.keep_in("(select avatar from creators where creators.id = u.id)", address)
"""

from collections.abc import Callable
from typing import Any

Address = Callable[[Any], str | None]

# The column, and how what stands in it is fetched.
_kept: list[tuple[str, Address]] = [("null", lambda _: None)]


def keep_in(column: str, address: Address) -> None:
    _kept[:] = [(column, address)]


def column() -> str:
    return _kept[0][0]


def address(found: Any) -> str | None:
    return _kept[0][1](found)
