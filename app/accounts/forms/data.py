"""Leaving needs two deliberate steps: one's own handle, and a tick."""

from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Length

from app.accounts.models import HANDLE_MAX
from app.platform.forms import Form, strip


class DeletionForm(Form):
    handle = StringField(
        "Your handle",
        [
            InputRequired("Type your handle."),
            Length(max=HANDLE_MAX + 1, message="That is longer than any handle."),
        ],
        filters=[strip],
    )
    understood = BooleanField(
        "I understand that this cannot be undone after the grace period",
        [InputRequired("Tick this box to go on.")],
    )
    # Asked of those only who have something to lose.
    gives_up = BooleanField()
