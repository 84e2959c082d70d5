"""The libraries of the house, made once, bound to an app in create_app."""

from typing import Any

from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from flask_wtf.csrf import CSRFProtect
from htmx_flask import Htmx
from sqlalchemy import Connection, Engine, MetaData, Pool, event
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState


class Model(DeclarativeBase):
    # Named constraints, so that migrations can speak of them.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class WriteOutsideTransaction(RuntimeError):
    """A write was tried outside `transaction()`."""


class BoundarySession(Session):
    """Reads in autocommit; writes only inside `app.platform.transaction`.

    A reading page so saves BEGIN and ROLLBACK, two of its round trips to the database.
    """

    @property
    def depth(self) -> int:
        return int(self.info.get("depth", 0))

    def get_bind(self, *args: Any, **kwargs: Any) -> Any:
        bind = super().get_bind(*args, **kwargs)
        if self.depth or not isinstance(bind, Engine):
            return bind
        return reading(bind)


_reading: dict[int, Engine] = {}


def reading(engine: Engine) -> Engine:
    """The same pool, in autocommit.

    By the driver's own switch, which says nothing to the server: an isolation level, set and reset,
    costs a round trip each time, and fails where the server just died.
    """
    known = _reading.get(id(engine))
    if known is None or known.pool is not engine.pool:
        known = _reading[id(engine)] = engine.execution_options(reading=True)
    return known


@event.listens_for(Engine, "engine_connect")
def _read_in_autocommit(connection: Connection) -> None:
    if connection.get_execution_options().get("reading"):
        connection.connection.driver_connection.autocommit = True  # type: ignore[union-attr]


@event.listens_for(Pool, "checkin")
def _leave_autocommit(driver_connection: Any, _: object) -> None:
    if driver_connection is not None and not driver_connection.closed:
        driver_connection.autocommit = False


@event.listens_for(BoundarySession, "before_flush")
def _flush_needs_transaction(session: BoundarySession, *_: object) -> None:
    if not session.depth:
        raise WriteOutsideTransaction("flush outside transaction()")


@event.listens_for(BoundarySession, "do_orm_execute")
def _write_needs_transaction(state: ORMExecuteState) -> None:
    writes = state.is_insert or state.is_update or state.is_delete
    if writes and isinstance(state.session, BoundarySession) and not state.session.depth:
        raise WriteOutsideTransaction("write outside transaction()")


db = SQLAlchemy(model_class=Model, session_options={"class_": BoundarySession})
migrate = Migrate()
login = LoginManager()
csrf = CSRFProtect()
htmx = Htmx()
