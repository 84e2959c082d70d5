"""Where a creator's money goes, once their account is theirs again."""

from datetime import datetime
from uuid import UUID

from app.earnings import queries, words
from app.earnings.models import PayoutAccount
from app.earnings.operations import destinations, paying_out
from app.earnings.operations.locking import lock


def take_back(creator_id: UUID, since: datetime) -> list[str]:
    """Places named since then go, and those that were there come back: their owner was not asked."""
    lock(creator_id)
    known = queries.accounts(creator_id)
    named = [one for one in known if one.removed_at is None and one.changed_at >= since]
    taken = [one for one in known if one.removed_at and one.removed_at >= since > one.changed_at]
    removed = [_end(one) for one in named]
    for account in taken:
        destinations.bring_back(account)
    return removed


def _end(account: PayoutAccount) -> str:
    all_called_off = paying_out.call_off(account)
    destinations.end(account)
    called = f"The payout place {words.RAILS[account.rail]} {account.provider_id or ''}".rstrip()
    return called if all_called_off else f"{called}; a payout is on its way there already"
