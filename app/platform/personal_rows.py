"""The usual case of personal data: rows of a table that belong to one person."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Table, delete, select

from app.extensions import Model, db
from app.platform.personal_data import Row
from app.platform.settings import vault

AT_ONCE = 500
SEALED = "sealed_"


@dataclass(frozen=True, slots=True)
class Rows:
    """Each column is shown, opened (sealed values, with their purpose), or withheld: there is no default.

    Withheld is what opens doors (digests, keys), never what merely describes the person.
    """

    model: type[Model]
    shown: tuple[str, ...]
    withheld: tuple[str, ...] = ()
    opened: Mapping[str, str] = field(default_factory=dict)
    owner: str = "user_id"

    @property
    def table(self) -> Table:
        found = self.model.__table__
        assert isinstance(found, Table)
        return found

    @property
    def decided(self) -> set[str]:
        return {self.owner, *self.shown, *self.withheld, *self.opened}

    def export(self, user_id: UUID) -> Iterator[Row]:
        """A few at a time: somebody's history may be long."""
        columns = self.table.c
        wanted = (
            select(*(columns[name] for name in (*self.shown, *self.opened)))
            .where(columns[self.owner] == user_id)
            .order_by(*self.table.primary_key.columns)
            .execution_options(yield_per=AT_ONCE)
        )
        for row in db.session.execute(wanted).mappings():
            yield {name: row[name] for name in self.shown} | self._opened(dict(row))

    def erase(self, user_id: UUID) -> None:
        rows = delete(self.model).where(self.table.c[self.owner] == user_id)
        db.session.execute(rows.execution_options(synchronize_session=False))

    def _opened(self, row: Row) -> Row:
        return {
            name.removeprefix(SEALED): vault().open(row[name], purpose) if row[name] else None
            for name, purpose in self.opened.items()
        }
