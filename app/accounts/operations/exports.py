"""A copy of everything that is held of a person: asked for, made by a worker, fetched, gone after a week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select

from app.accounts.letters import write_to
from app.accounts.models import DataExport, User
from app.accounts.queries import lock_user
from app.accounts.queries_data import is_waiting, next_export_at, recent_exports
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.platform import audit, work
from app.platform.audit import Action
from app.platform.errors import NotFound, Refused
from app.platform.settings import settings

KEPT_FOR = timedelta(days=7)
BATCH = 200


class ExportLately(Refused):
    code = "export_lately"

    def __init__(self) -> None:
        super().__init__("You asked for a copy within the last day. Take that one, or come back tomorrow.")


@dataclass(frozen=True, slots=True)
class Fetched:
    storage_key: str
    filename: str


def ask(user_id: UUID) -> UUID:
    # Two tabs at once wait here for each other.
    lock_user(user_id)
    made = recent_exports(user_id)
    if is_waiting(made) or next_export_at(made):
        raise ExportLately
    export_id = new_id()
    # The key is known from the start, so that no file can be left behind by a worker that died.
    db.session.add(DataExport(id=export_id, user_id=user_id, storage_key=f"exports/{export_id}.zip"))
    work.enqueue("accounts.export", {"export_id": str(export_id)}, unique_key=f"export:{export_id}")
    audit.record(Action.EXPORT_ASKED, actor=user_id, subject=("export", export_id))
    return export_id


def finish(export_id: UUID, size: int) -> bool:
    """Whether somebody still waits for it: the person may have left meanwhile."""
    export = _lock(export_id)
    if export is None or export.state != "waiting":
        return False
    at = clock.now()
    export.state, export.size, export.ready_at, export.expires_at = "ready", size, at, at + KEPT_FOR
    _tell(export)
    return True


def give_up(export_id: UUID) -> None:
    export = _lock(export_id)
    if export is not None and export.state == "waiting":
        export.state = "failed"
        _forget_file(export)


def fetch(export_id: UUID, *, owner: UUID) -> Fetched:
    export = db.session.execute(
        select(DataExport).where(DataExport.id == export_id, DataExport.user_id == owner)
    ).scalar_one_or_none()
    if not (export and export.state == "ready" and export.expires_at and export.expires_at > clock.now()):
        raise NotFound("This copy is gone, or was never yours. Ask for a new one.")
    audit.record(Action.EXPORT_FETCHED, actor=owner, subject=("export", export_id))
    return Fetched(str(export.storage_key), f"your-data-{export.requested_at:%Y-%m-%d}.zip")


def expire() -> None:
    for export in _expired():
        export.state = "gone"
        _forget_file(export)


def erase(user_id: UUID) -> None:
    gone = delete(DataExport).where(DataExport.user_id == user_id).returning(DataExport.storage_key)
    for storage_key in db.session.scalars(gone):
        _delete_later(storage_key)


def _lock(export_id: UUID) -> DataExport | None:
    return db.session.get(DataExport, export_id, with_for_update=True, populate_existing=True)


def _expired() -> Sequence[DataExport]:
    return db.session.scalars(
        select(DataExport)
        .where(DataExport.state == "ready", DataExport.expires_at <= clock.now())
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()


def _tell(export: DataExport) -> None:
    write_to(
        db.session.get_one(User, export.user_id),
        "export_ready",
        until=export.expires_at,
        link=f"{settings().base_url}/settings/data",
    )


def _forget_file(export: DataExport) -> None:
    _delete_later(export.storage_key)
    export.storage_key = None


def _delete_later(storage_key: str | None) -> None:
    if storage_key:
        work.enqueue("accounts.delete_file", {"storage_key": storage_key})
