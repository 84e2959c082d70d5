"""What people choose about paying."""

from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.platform.forms import Form, strip

ID_MAX, NOTE_MAX = 40, 500


class CardForm(Form):
    """`choice`: a card on file; none: another one, which may be kept."""

    choice = StringField("Card", [Length(max=ID_MAX)])
    keep = BooleanField("Keep this card for the next time")


class RemoveForm(Form):
    confirmed = BooleanField("Remove it all the same")


class CoinForm(Form):
    """`choice`: the coin to pay with."""

    choice = StringField("Coin", [Length(max=5)])


class SwitchForm(Form):
    on = BooleanField("Open")


class CloseForm(Form):
    note = TextAreaField(
        "What it was, and what was done",
        [
            InputRequired(message="Say what it was: somebody will want to know."),
            Length(max=NOTE_MAX, message=f"Use at most {NOTE_MAX} characters."),
        ],
        filters=[strip],
    )
