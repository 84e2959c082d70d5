"""What people choose about paying."""

from wtforms import BooleanField, StringField
from wtforms.validators import Length

from app.platform.forms import Form

ID_MAX = 40


class CardForm(Form):
    """`choice`: a card on file; none: another one, which may be kept."""

    choice = StringField("Card", [Length(max=ID_MAX)])
    keep = BooleanField("Keep this card for the next time")


class RemoveForm(Form):
    confirmed = BooleanField("Remove it all the same")
