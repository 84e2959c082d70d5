"""A creator's page: opened, filled, given its rules, closed and opened again. Its owner's alone."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.accounts.operations import roles, sessions
from app.accounts.queries import the_user
from app.creators import pictures, queries, sharing, ties
from app.creators.errors import CurrencyInUse, NoPage
from app.creators.models import Creator
from app.creators.operations.finding import refresh_words
from app.creators.pictures import Described
from app.extensions import db
from app.kit import clock, markdown
from app.platform import audit, share_cards
from app.platform.audit import Action
from app.platform.viewer import Role

CURRENCIES = ("USD", "EUR", "GBP", "CHF", "CAD", "AUD")


@dataclass(frozen=True, slots=True)
class Words:
    headline: str
    about: str
    categories: list[str]


@dataclass(frozen=True, slots=True)
class PageWords(Words):
    links: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Rules:
    comments_from: str
    blocked_words: list[str]
    currency: str
    adult: bool
    watermark: bool


def open_page(user_id: UUID, words: Words) -> bool:
    """Whether they had none before. Who has a page is a creator."""
    row = insert(Creator).values(id=user_id, created_at=clock.now()).on_conflict_do_nothing()
    if not db.session.execute(row.returning(Creator.id)).first():
        return False
    roles.grant(user_id, Role.CREATOR, actor=user_id)
    audit.record(Action.CREATOR_OPENED, actor=user_id, subject=("creator", user_id))
    _write(lock_page(user_id), asdict(words))
    return True


def save_words(creator_id: UUID, words: PageWords) -> None:
    creator = lock_page(creator_id)
    _note(creator_id, _write(creator, asdict(words)))


def save_rules(creator_id: UUID, rules: Rules) -> None:
    creator = lock_page(creator_id)
    if rules.currency != creator.currency and queries.has_tiers(creator_id):
        raise CurrencyInUse
    changed = _set(creator, asdict(rules))
    _note(creator_id, changed)
    if "adult" in changed and rules.adult:
        ties.tell_for_adults(creator_id)


def close(creator_id: UUID) -> bool:
    """Nobody but its owner sees it or its posts, until it is opened again. Whether it was open."""
    return _close(creator_id, actor=creator_id)


def role_taken(user_id: UUID, role: Role) -> None:
    """Who may not be a creator any more sells nothing, and still is paid out what they earned."""
    if role is Role.CREATOR and queries.find_creator(user_id) is not None:
        _close(user_id, actor=None)


def reopen(creator_id: UUID) -> bool:
    return _turn(creator_id, "open", actor=creator_id)


def show_avatar(creator_id: UUID, described: Described | None) -> bool:
    """A picture that everybody may see; None for no picture. False where there is no page to show it."""
    return _show(creator_id, "avatar", described)


def show_cover(creator_id: UUID, described: Described | None) -> bool:
    return _show(creator_id, "cover", described)


def lock_page(creator_id: UUID) -> Creator:
    creator = db.session.get(Creator, creator_id, with_for_update=True, populate_existing=True)
    if creator is None:
        raise NoPage
    return creator


def _write(creator: Creator, values: dict[str, Any]) -> list[str]:
    changed = _set(creator, values)
    if "about" in changed:
        creator.about_html = markdown.render(creator.about)
    refresh_words(creator, the_user(creator.id))
    return changed


def _show(creator_id: UUID, where: str, described: Described | None) -> bool:
    creator = db.session.get(Creator, creator_id, with_for_update=True, populate_existing=True)
    if creator is None:
        return False
    before: Described | None = getattr(creator, where)
    if before == described:
        return True
    setattr(creator, where, described)
    if where == "avatar":
        sessions.changed(creator_id)
    if before and (described is None or before["id"] != described["id"]):
        pictures.let_go(before)
    _note(creator_id, [where])
    share_cards.redraw(sharing.KIND, creator_id)
    return True


def _close(creator_id: UUID, actor: UUID | None) -> bool:
    if not _turn(creator_id, "closed", actor):
        return False
    ties.tell_closed(creator_id)
    return True


def _turn(creator_id: UUID, state: str, actor: UUID | None) -> bool:
    creator = lock_page(creator_id)
    if creator.state == state:
        return False
    creator.state = state
    action = Action.CREATOR_OPENED if state == "open" else Action.CREATOR_CLOSED
    audit.record(action, actor=actor, subject=("creator", creator_id))
    return True


def _set(creator: Creator, values: dict[str, Any]) -> list[str]:
    changed = [name for name, value in values.items() if getattr(creator, name) != value]
    for name in changed:
        setattr(creator, name, values[name])
    return changed


def _note(creator_id: UUID, changed: Sequence[str]) -> None:
    if changed:
        audit.record(
            Action.CREATOR_CHANGED, actor=creator_id, subject=("creator", creator_id), fields=list(changed)
        )
