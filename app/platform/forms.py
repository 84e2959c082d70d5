"""Forms: parse, check, and show what was refused beside the field it is about."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field

from app.platform.errors import Refused


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    class Meta:
        # The guard checks the token for every mutating request, forms or not.
        csrf = False

    def refuse(self, error: Refused) -> None:
        """Puts the domain's no beside its field, or above the form."""
        field = self._fields.get(error.field or "")
        if isinstance(field, Field):
            field.errors = [*field.errors, error.message]
        else:
            self.form_errors.append(error.message)

    @property
    def values(self) -> dict[str, Any]:
        return {name: field.data for name, field in self._fields.items()}


def strip(value: str | None) -> str | None:
    return value.strip() if isinstance(value, str) else value
