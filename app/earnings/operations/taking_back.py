"""Where a creator's money goes, once their account is theirs again."""

from datetime import datetime
from uuid import UUID

from app.earnings import queries, words
from app.earnings.models import PayoutAccount
from app.earnings.operations import destinations, paying_out
from app.earnings.operations.locking import lock


def take_back(creator_id: UUID, since: datetime) -> list[str]:
    """What was ready before is the owner's, and comes back; all else goes, also what was only begun by then:
    nobody knows who went on with it.
    """
    lock(creator_id)
    owners = queries.named_by(creator_id, since)
    known = queries.accounts(creator_id)
    named = [one for one in known if one.removed_at is None and not _is_of(owners, one)]
    taken = [one for one in known if one.removed_at and _is_of(owners, one)]
    removed = [_end(one) for one in named]
    for account in taken:
        destinations.bring_back(account)
    destinations.prefer_one(creator_id)
    return removed


def _is_of(owners: dict[str, str], account: PayoutAccount) -> bool:
    return account.provider_id is not None and owners.get(account.rail) == account.provider_id


def _end(account: PayoutAccount) -> str:
    all_called_off = paying_out.call_off(account)
    destinations.put_away(account)
    called = f"The payout place {words.RAILS[account.rail]} {account.provider_id or ''}".rstrip()
    return called if all_called_off else f"{called}; a payout is on its way there already"
