"""The forms of second factors, passkeys and wallets."""

from wtforms import BooleanField, StringField
from wtforms.validators import DataRequired, Length

from app.accounts.forms.parts import birth_date_field, display_name_field, handle_field
from app.accounts.operations import handles
from app.accounts.operations.wallets import Newcomer
from app.kit.text import clean_line
from app.platform.forms import Form

LABEL_MAX = 60
# Longer is no code; how much longer does not matter.
CODE_MAX = 40


def _without_spaces(typed: str | None) -> str:
    return "".join((typed or "")[: CODE_MAX * 2].split())


def _code_field(missing: str) -> StringField:
    return StringField(
        "Code",
        [DataRequired(missing), Length(max=CODE_MAX, message="That is longer than any code.")],
        filters=[_without_spaces],
    )


class LoginCodeForm(Form):
    code = _code_field("Type the code that your app shows, or a recovery code.")

    @property
    def typed(self) -> str:
        return self.code.data or ""


class SetupCodeForm(Form):
    code = _code_field("Type the code that your app shows.")

    @property
    def typed(self) -> str:
        return self.code.data or ""


class LabelForm(Form):
    """What somebody calls a passkey or a wallet of theirs."""

    name = StringField(
        "Name",
        [
            DataRequired("Write a name by which you know it again."),
            Length(max=LABEL_MAX, message=f"Use at most {LABEL_MAX} characters."),
        ],
        filters=[clean_line],
    )

    @property
    def typed(self) -> str:
        return self.name.data or ""


class WalletJoinForm(Form):
    handle = handle_field(handles.check)
    display_name = display_name_field()
    birth_date = birth_date_field()
    remember = BooleanField("Stay signed in on this device")

    @property
    def newcomer(self) -> Newcomer:
        assert self.birth_date.data is not None
        return Newcomer(self.handle.data or "", self.display_name.data or "", self.birth_date.data)


def label_or(typed: str, otherwise: str) -> str:
    """A name given by a script or a wallet: shortened rather than refused."""
    return clean_line(typed)[:LABEL_MAX].strip() or otherwise
