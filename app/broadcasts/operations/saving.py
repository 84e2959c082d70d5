"""Answers kept for later, each under a name."""

from uuid import UUID

from sqlalchemy import func, select

from app.accounts.queries import lock_user
from app.broadcasts.errors import Full
from app.broadcasts.models import SAVED_MAX, SavedReply
from app.chat import words
from app.extensions import db
from app.kit.ids import new_id
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import NotFound


def add(creator_id: UUID, name: str, text: str) -> UUID:
    lock_user(creator_id)  # two at once would both be the last
    there = select(func.count()).select_from(SavedReply).where(SavedReply.creator_id == creator_id)
    if (db.session.scalar(there) or 0) >= SAVED_MAX:
        raise Full(f"You keep {SAVED_MAX} answers. Delete one first.", "name")
    saved = SavedReply(
        id=new_id(),
        creator_id=creator_id,
        sealed_name=words.seal(name),
        sealed_words=words.seal(text),
    )
    db.session.add(saved)
    _note(saved)
    return saved.id


def change(creator_id: UUID, saved_id: UUID, name: str, text: str) -> None:
    saved = _mine(creator_id, saved_id)
    saved.sealed_name, saved.sealed_words = words.seal(name), words.seal(text)
    _note(saved)


def remove(creator_id: UUID, saved_id: UUID) -> None:
    saved = _mine(creator_id, saved_id)
    _note(saved)
    db.session.delete(saved)


def _mine(creator_id: UUID, saved_id: UUID) -> SavedReply:
    saved = db.session.get(SavedReply, saved_id)
    if saved is None or saved.creator_id != creator_id:
        raise NotFound
    return saved


def _note(saved: SavedReply) -> None:
    audit.record(Action.SAVED_REPLY_CHANGED, actor=saved.creator_id, subject=("saved_reply", saved.id))
