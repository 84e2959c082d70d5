"""Where a creator's money goes, once their account is theirs again."""

from datetime import datetime
from uuid import UUID

from app.earnings import queries, words
from app.earnings.models import PayoutAccount
from app.earnings.operations import destinations, paying_out
from app.earnings.operations.locking import lock
from app.platform import audit
from app.platform.audit import Action

ANEW = ". Set it up anew: it may lead to another bank by now"


def take_back(creator_id: UUID, since: datetime) -> list[str]:
    """What was ready before is the owner's, and comes back; all else goes. So does what was only begun by
    then, and a bank whose page at the processor was visited since: nobody knows who was there, and what they
    changed.
    """
    lock(creator_id)
    owners = queries.named_by(creator_id, since)
    visited = audit.done_since(since, Action.PAYOUT_PLACE_VISITED, actor=creator_id)
    known = queries.accounts(creator_id)
    theirs = [one for one in known if _is_of(owners, one)]
    kept = [one for one in theirs if str(one.id) not in visited]
    gone = [_called(one) + ANEW for one in theirs if one.removed_at and one not in kept]
    gone += [_end(one, anew=one in theirs) for one in known if one.removed_at is None and one not in kept]
    for account in kept:
        if account.removed_at:
            destinations.bring_back(account)
    destinations.prefer_one(creator_id)
    return gone


def _is_of(owners: dict[str, str], account: PayoutAccount) -> bool:
    return account.provider_id is not None and owners.get(account.rail) == account.provider_id


def _end(account: PayoutAccount, *, anew: bool) -> str:
    all_called_off = paying_out.call_off(account)
    destinations.put_away(account)
    called = _called(account)
    if not all_called_off:
        called = f"{called}; a payout is on its way there already"
    return called + ANEW if anew else called


def _called(account: PayoutAccount) -> str:
    return f"The payout place {words.RAILS[account.rail]} {account.provider_id or ''}".rstrip()
