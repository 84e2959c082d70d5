"""The forms of coming in again: password, proof in between, a mail with a link."""

from wtforms import BooleanField, StringField
from wtforms.validators import DataRequired

from app.accounts.forms.parts import EMAIL_MAX, email_field, password_field
from app.platform.forms import Form


def _short(typed: str | None) -> str:
    """Longer is nobody's; how much longer does not matter."""
    return (typed or "").strip()[: EMAIL_MAX + 1]


class SignInForm(Form):
    identifier = StringField(
        "E-mail or handle", [DataRequired("Write your e-mail or your handle.")], filters=[_short]
    )
    password = password_field("Password", "Write your password.")
    remember = BooleanField("Stay signed in on this device")


class ConfirmForm(Form):
    password = password_field("Password", "Write your password.")
    # For those who have a second factor.
    code = StringField("Code", filters=[_short])


class AskByMailForm(Form):
    email = email_field()


class ResetForm(Form):
    password = password_field("New password", "Choose a password.")
