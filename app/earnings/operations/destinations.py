"""Where a creator's money goes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from solders.pubkey import Pubkey

from app.accounts.letters import write_to
from app.accounts.queries import the_user
from app.earnings import queries
from app.earnings.errors import InUse, NotReady, NotSoSoon, NoWallet
from app.earnings.models import PayoutAccount
from app.earnings.operations.locking import lock
from app.earnings.quoting import CARD, SOLANA
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.payments.gateways.solana import signer
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import NotFound
from app.platform.settings import settings

# Whoever got into the account must not get at the money before its owner has read the mail.
WAIT = timedelta(hours=24)
# Programs and coins whose addresses look like those of wallets, as what is copied by mistake may be one.
NO_WALLETS = frozenset(
    {
        "11111111111111111111111111111111",
        "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL",
        "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr",
        "So11111111111111111111111111111111111111112",
        "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
        "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb",
    }
)


def begin_card(creator_id: UUID, country: str) -> PayoutAccount:
    """The provider is asked after the commit, with the row's id. One that was begun already goes on."""
    lock(creator_id)
    found = queries.own_account(creator_id, CARD)
    if found is None:
        return _add(creator_id, CARD, None, "new", country=country)
    if found.provider_id is None:
        found.country = country
    return found


def record_card(account_id: UUID, provider_id: str, state: str, wants: Sequence[str]) -> None:
    """What the provider says of it now."""
    found = db.session.get_one(PayoutAccount, account_id, with_for_update=True, populate_existing=True)
    found.wants = [{"name": name} for name in wants]
    if (found.provider_id, found.state) == (provider_id, state):
        return
    found.provider_id, found.state = provider_id, state
    was_ready = queries.named_by(found.creator_id, clock.now()).get(found.rail) == provider_id
    _note(found)
    # One that was ready before, and of which the processor wanted papers since, is no new place.
    if state == "ready" and not was_ready and found.removed_at is None:
        if len(queries.accounts(found.creator_id)) > 1 or _has_earned(found.creator_id):
            # Named only now, however long ago it was begun: it waits as a new one.
            found.changed_at = clock.now()
        _tell(found)


def note_visit(creator_id: UUID) -> PayoutAccount:
    """Before anybody is shown the way there: what is changed there, the processor does not tell."""
    lock(creator_id)
    found = _own(creator_id, CARD)
    audit.record(Action.PAYOUT_PLACE_VISITED, actor=creator_id, subject=("payout_account", found.id))
    return found


def set_wallet(creator_id: UUID, address: str) -> None:
    check_wallet(address)
    lock(creator_id)
    known = queries.accounts(creator_id)
    living = next((one for one in known if one.rail == SOLANA and one.removed_at is None), None)
    if living is not None and living.provider_id == address:
        return
    if living is not None:
        _check_unused(living)
        _remove(living)
    before = next((one for one in known if (one.rail, one.provider_id) == (SOLANA, address)), None)
    if before is not None:
        bring_back(before)
        return
    found = _add(creator_id, SOLANA, address, "ready")
    _note(found)
    _tell(found)


def check_wallet(address: str) -> None:
    """A wallet's own address: what a program owns, nobody could spend from."""
    try:
        key = Pubkey.from_string(address)
    except ValueError:
        raise NoWallet("This is not the address of a Solana wallet. Copy it from your wallet.") from None
    if not key.is_on_curve() or address in NO_WALLETS:
        raise NoWallet("This address belongs to a program or a token. Copy that of your wallet.")
    if address in {signer.address(), settings().solana_cold_wallet, settings().solana_usdc_mint}:
        raise NoWallet("This address belongs to the house.")


def remove(creator_id: UUID, rail: str) -> None:
    lock(creator_id)
    found = _own(creator_id, rail)
    _check_unused(found)
    end(found)


def end(account: PayoutAccount) -> None:
    """The caller holds the creator's lock."""
    put_away(account)
    prefer_one(account.creator_id)


def put_away(account: PayoutAccount) -> None:
    """Whether another one is to be preferred now, the caller says."""
    _remove(account)
    _note(account)


def prefer_one(creator_id: UUID) -> None:
    living = [one for one in queries.accounts(creator_id) if one.removed_at is None]
    if living and not any(one.preferred for one in living):
        living[0].preferred = True


def bring_back(account: PayoutAccount) -> None:
    """It waits as a new one. The caller holds the creator's lock."""
    living = [one for one in queries.accounts(account.creator_id) if one.removed_at is None]
    account.removed_at, account.changed_at = None, clock.now()
    account.preferred = not any(one.preferred for one in living)
    _note(account)
    if account.state == "ready":
        _tell(account)


def prefer(creator_id: UUID, rail: str) -> None:
    lock(creator_id)
    chosen = _own(creator_id, rail)
    for one in queries.accounts(creator_id):
        one.preferred = one is chosen
    _note(chosen)


def usable(creator_id: UUID, rail: str) -> PayoutAccount:
    """That money may go to now."""
    found = queries.own_account(creator_id, rail)
    if found is None or found.state != "ready" or not found.provider_id:
        raise NotReady
    since = free_from(found, queries.accounts(creator_id))
    if since > clock.now():
        raise NotSoSoon(f"{since:%-d %B, %H:%M UTC}")
    return found


def free_from(account: PayoutAccount, known: Sequence[PayoutAccount]) -> datetime:
    """At once where it is the first, named before there was anything to take; every other one waits."""
    first = min(known, key=lambda one: one.created_at)
    at = account.changed_at
    if account.id == first.id and at == account.created_at:
        earned = queries.earned_from(account.creator_id)
        if earned is None or earned > at:
            return at
    return at + WAIT


def _has_earned(creator_id: UUID) -> bool:
    return queries.earned_from(creator_id) is not None


def _add(creator_id: UUID, rail: str, provider_id: str | None, state: str, **values: Any) -> PayoutAccount:
    at = clock.now()
    living = [one for one in queries.accounts(creator_id) if one.removed_at is None]
    made = PayoutAccount(
        id=new_id(),
        creator_id=creator_id,
        rail=rail,
        provider_id=provider_id,
        state=state,
        preferred=not any(one.preferred for one in living),
        created_at=at,
        changed_at=at,
        **values,
    )
    db.session.add(made)
    db.session.flush()
    return made


def _own(creator_id: UUID, rail: str) -> PayoutAccount:
    found = queries.own_account(creator_id, rail)
    if found is None:
        raise NotFound
    return found


def _check_unused(account: PayoutAccount) -> None:
    if any(one.account_id == account.id for one in queries.living(account.creator_id)):
        raise InUse


def _remove(account: PayoutAccount) -> None:
    account.removed_at, account.preferred = clock.now(), False
    db.session.flush()


def _note(account: PayoutAccount) -> None:
    state = "removed" if account.removed_at else account.state
    audit.record(
        Action.PAYOUT_SET_UP,
        actor=account.creator_id,
        subject=("user", account.creator_id),
        personal={"destination": account.provider_id},
        rail=account.rail,
        state=state,
        preferred=account.preferred,
    )


def _tell(account: PayoutAccount) -> None:
    wallet = account.rail == SOLANA
    what = (
        f"The Solana wallet {account.provider_id}"
        if wallet
        else "Your bank account, by way of the card processor"
    )
    since = free_from(account, queries.accounts(account.creator_id))
    write_to(
        the_user(account.creator_id),
        "payout_destination",
        what=what,
        since=f"{since:%-d %B %Y, %H:%M UTC}",
        link=f"{settings().base_url}/dashboard/payouts",
    )
