"""From whom a creator is hidden. Higher features know (blocks, takedowns), and say it as a condition of a
statement: registered in their `init_app`.
"""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_

Condition = Callable[[UUID | None, ColumnElement[UUID]], ColumnElement[bool]]

_conditions: dict[Condition, None] = {}


def hide_where(condition: Condition) -> None:
    # A second create_app changes nothing.
    _conditions[condition] = None


def hidden_from(person: UUID | None, creator_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    return or_(false(), *(condition(person, creator_id) for condition in _conditions))
