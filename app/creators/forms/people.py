"""Whom a creator looks for, or does not want here."""

from wtforms import StringField
from wtforms.validators import DataRequired, Length

from app.accounts.models import HANDLE_MAX
from app.platform.forms import Form


class BlockForm(Form):
    handle = StringField(
        "Handle",
        [DataRequired("Write a handle."), Length(max=HANDLE_MAX + 1, message="No handle is that long.")],
        filters=[lambda typed: (typed or "").strip().removeprefix("@")],
    )
