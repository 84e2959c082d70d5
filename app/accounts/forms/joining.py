"""The form of somebody new."""

from wtforms import ValidationError

from app.accounts import password_rules
from app.accounts.forms.parts import (
    birth_date_field,
    display_name_field,
    email_field,
    handle_field,
    password_field,
    typed,
)
from app.accounts.operations import handles
from app.accounts.operations.joining import Newcomer
from app.platform.errors import Refused
from app.platform.forms import Form


class JoinForm(Form):
    email = email_field()
    handle = handle_field(handles.check)
    display_name = display_name_field()
    password = password_field("Password", "Choose a password.")
    birth_date = birth_date_field()

    def validate_password(self, field: object) -> None:
        try:
            password_rules.check_new(typed(self.password), known=(typed(self.handle), typed(self.email)))
        except Refused as error:
            raise ValidationError(error.message) from None

    @property
    def newcomer(self) -> Newcomer:
        assert self.birth_date.data is not None
        return Newcomer(
            email=typed(self.email),
            handle=typed(self.handle),
            display_name=typed(self.display_name),
            password=typed(self.password),
            birth_date=self.birth_date.data,
        )
