"""Solana wallets: coming in with one, joining with one, linking, renaming, removing."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.accounts import ages, queries, queries_factors
from app.accounts.errors import RegistrationClosed
from app.accounts.errors_factors import TooManyFactors, WalletRefused, WalletTaken
from app.accounts.models import User, Wallet
from app.accounts.operations import (
    challenges,
    factor_changes,
    failed_sign_ins,
    handles,
    joining,
    second_factor,
    sessions,
    sign_in,
    wallet_proofs,
)
from app.accounts.operations.sessions import Started
from app.accounts.operations.sign_in import CodeNeeded, SignedIn
from app.accounts.operations.wallet_proofs import Proof, Purpose
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.platform import audit, flags
from app.platform.audit import Action
from app.platform.errors import NotFound
from app.platform.settings import vault
from app.platform.web import Client

METHOD = "wallet"
JOINING = "wallet_join"
TIME_TO_JOIN = timedelta(minutes=30)
AT_MOST = 20


@dataclass(frozen=True, slots=True)
class StrangerProved:
    """A wallet that opens no account yet. The secret stands for its proof while they choose a name."""

    secret: str


@dataclass(frozen=True, slots=True)
class Newcomer:
    handle: str
    display_name: str
    birth_date: date


def come_in(
    secret: str, proof: Proof, name: str, *, remember: bool, next: str, client: Client
) -> SignedIn | CodeNeeded | StrangerProved:
    address = _prove_to_come_in(secret, proof, client)
    known = queries_factors.wallet(address)
    if known is None:
        return _welcome(address, name)
    user = queries.lock_user(known.user_id)
    _own(user.id, address).last_used_at = clock.now()
    if second_factor.required(user):
        return CodeNeeded(second_factor.begin(user.id, METHOD, remember, client, next))
    return SignedIn(
        sign_in.complete(user.id, method=METHOD, second_factor=False, remember=remember, client=client)
    )


def join(secret: str, newcomer: Newcomer, *, remember: bool, client: Client) -> Started:
    """An account without e-mail and password, opened by its wallet."""
    proved = challenges.take(JOINING, secret).data
    _check_open()
    ages.check(newcomer.birth_date)
    handles.claim(newcomer.handle)
    user = _create(newcomer, client)
    audit.record(
        Action.JOINED,
        actor=user.id,
        subject=("user", user.id),
        personal={"handle": user.handle, "address": client.address},
        method=METHOD,
    )
    _attach(user.id, proved["address"], proved["name"])
    return sign_in.complete(user.id, method=METHOD, second_factor=False, remember=remember, client=client)


def link(user_id: UUID, session_id: UUID, secret: str, proof: Proof, name: str) -> str:
    """The session's fresh token."""
    address = wallet_proofs.prove(Purpose.LINK, secret, proof, owner=user_id)
    user = queries.lock_user(user_id)
    if queries_factors.ways_in(user_id).wallets >= AT_MOST:
        raise TooManyFactors("wallets", AT_MOST)
    _attach(user_id, address, name)
    factor_changes.tell(user, "wallet_linked", address, "/settings/wallets")
    return sessions.confirm(session_id)


def confirm(user_id: UUID, session_id: UUID, secret: str, proof: Proof) -> str:
    """The fresh token of a session whose person showed again that it is them."""
    address = wallet_proofs.prove(Purpose.CONFIRM, secret, proof, owner=user_id)
    queries.lock_user(user_id)
    _own(user_id, address).last_used_at = clock.now()
    return sessions.confirm(session_id)


def rename(user_id: UUID, address: str, name: str) -> None:
    _own(user_id, address).name = name
    audit.record(
        Action.WALLET_RENAMED,
        actor=user_id,
        subject=("user", user_id),
        personal={"wallet": address, "name": name},
    )


def remove(user_id: UUID, session_id: UUID, address: str) -> str:
    """The session's fresh token."""
    user = queries.lock_user(user_id)
    wallet = _own(user_id, address)
    factor_changes.check_not_last_way_in(user, "wallet", "a password, a passkey or another wallet")
    db.session.delete(wallet)
    audit.record(
        Action.WALLET_REMOVED, actor=user_id, subject=("user", user_id), personal={"wallet": address}
    )
    factor_changes.tell(user, "second_factor_changed", f"The wallet {address} was removed.")
    return sessions.confirm(session_id)


def _prove_to_come_in(secret: str, proof: Proof, client: Client) -> str:
    try:
        return wallet_proofs.prove(Purpose.SIGN_IN, secret, proof)
    except WalletRefused:
        failed_sign_ins.record(None, client, METHOD)
        raise


def _welcome(address: str, name: str) -> StrangerProved:
    _check_open()
    data = {"address": address, "name": name}
    return StrangerProved(challenges.issue(JOINING, data=data, lifetime=TIME_TO_JOIN))


def _check_open() -> None:
    if not flags.flag(joining.OPEN_REGISTRATION):
        raise RegistrationClosed


def _create(newcomer: Newcomer, client: Client) -> User:
    user = User(
        id=new_id(),
        handle=newcomer.handle,
        display_name=newcomer.display_name,
        sealed_birth_date=vault().seal(newcomer.birth_date.isoformat(), joining.BIRTH_DATE),
        avatar_hue=joining.a_hue(),
        **joining.guessed(client.languages),
    )
    db.session.add(user)
    db.session.flush()
    return user


def _attach(user_id: UUID, address: str, name: str) -> None:
    added = db.session.execute(
        insert(Wallet)
        .values(address=address, user_id=user_id, name=name, created_at=clock.now(), last_used_at=clock.now())
        .on_conflict_do_nothing()
        .returning(Wallet.address)
    ).first()
    if added is None:
        _refuse_known(user_id, address)
    audit.record(Action.WALLET_LINKED, actor=user_id, subject=("user", user_id), personal={"wallet": address})


def _refuse_known(user_id: UUID, address: str) -> None:
    known = queries_factors.wallet(address)
    if known is not None and known.user_id == user_id:
        raise WalletRefused("This wallet opens your account already.")
    raise WalletTaken


def _own(user_id: UUID, address: str) -> Wallet:
    wallet = db.session.get(Wallet, address, with_for_update=True)
    if wallet is None or wallet.user_id != user_id:
        raise NotFound
    return wallet
