"""Fields that several forms of accounts share: how they clean, and what they say when it does not fit."""

from collections.abc import Callable
from typing import Any

from wtforms import DateField, Field, PasswordField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length

from app.accounts import addresses, ages
from app.accounts.models import BIO_MAX, HANDLE_MAX, NAME_MAX
from app.kit.text import clean_line, clean_text, has_substance
from app.platform.errors import Refused
from app.platform.forms import Form

EMAIL_MAX = 254


class Passes:
    """A check of the domain, so that everything that is wrong with a form is told at once."""

    def __init__(self, check: Callable[[Any], object]) -> None:
        self._check = check

    def __call__(self, form: Form, field: Field) -> None:
        if field.errors:
            return
        try:
            self._check(field.data)
        except Refused as error:
            raise ValidationError(error.message) from None


def typed(field: StringField) -> str:
    """What stands in it, where a validator saw to it that something does."""
    return field.data or ""


def check_substance(name: str) -> None:
    if not has_substance(name):
        raise Refused("Write a name that others can read.")


def email_field(**options: Any) -> StringField:
    return StringField(
        "E-mail",
        [
            DataRequired("Write your e-mail address."),
            Length(max=EMAIL_MAX, message="That is longer than any e-mail address."),
            Passes(addresses.normalise),
        ],
        filters=[clean_line],
        **options,
    )


def handle_field(check: Callable[[str], object], **options: Any) -> StringField:
    return StringField(
        "Handle",
        [DataRequired("Choose a handle."), Passes(check)],
        filters=[_bare_handle],
        render_kw={"maxlength": HANDLE_MAX},
        **options,
    )


def display_name_field() -> StringField:
    return StringField(
        "Display name",
        [
            DataRequired("Write the name that others see."),
            Length(max=NAME_MAX, message=f"Use at most {NAME_MAX} characters."),
            Passes(check_substance),
        ],
        filters=[clean_line],
    )


class _BirthDate(DateField):
    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Write it as a date: year-month-day, like 1990-05-17.") from None


def birth_date_field() -> DateField:
    return _BirthDate("Date of birth", [InputRequired("Write your date of birth."), Passes(ages.check)])


def bio_field() -> TextAreaField:
    return TextAreaField(
        "About you",
        [Length(max=BIO_MAX, message=f"Use at most {BIO_MAX} characters.")],
        filters=[clean_text],
    )


def password_field(label: str, missing: str, **options: Any) -> PasswordField:
    """The rules for new ones belong to the domain; here only that there is one."""
    return PasswordField(label, [_Present(missing)], **options)


class _Present:
    """Unlike DataRequired, a password of spaces is one."""

    def __init__(self, message: str) -> None:
        self._message = message
        self.field_flags = {"required": True}

    def __call__(self, form: Form, field: Field) -> None:
        if not field.data:
            raise ValidationError(self._message)


def _bare_handle(typed: str | None) -> str:
    return (typed or "").strip().removeprefix("@")
