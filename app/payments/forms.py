"""What people choose about paying."""

from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from app.platform.forms import Form, strip

ID_MAX, NOTE_MAX, ANSWER_MAX = 40, 500, 2_000


class CardForm(Form):
    """`choice`: a card on file; none: another one, which may be kept."""

    choice = StringField("Card", [Length(max=ID_MAX)])
    keep = BooleanField("Keep this card for the next time")


class RemoveForm(Form):
    confirmed = BooleanField("Remove it all the same")


class CoinForm(Form):
    """`choice`: the coin to pay with."""

    choice = StringField("Coin", [Length(max=5)])


class AssignForm(Form):
    """Whose money it was."""

    invoice = StringField(
        "Invoice",
        [DataRequired(message="Which invoice is it for?"), Length(max=ID_MAX)],
        filters=[strip],
    )
    note = StringField(
        "How you know",
        [DataRequired(message="Say how you know."), Length(max=NOTE_MAX)],
        filters=[strip],
    )


class DepositForm(Form):
    """That the house put it there itself."""

    note = StringField(
        "From where, and what for",
        [DataRequired(message="Say where it came from."), Length(max=NOTE_MAX)],
        filters=[strip],
    )


class ReturnForm(Form):
    """That it goes back to where it came from."""

    note = StringField(
        "Why it goes back",
        [DataRequired(message="Say why it goes back."), Length(max=NOTE_MAX)],
        filters=[strip],
    )


class SwitchForm(Form):
    on = BooleanField("Open")


class CloseForm(Form):
    note = TextAreaField(
        "What it was, and what was done",
        [
            DataRequired(message="Say what it was: somebody will want to know."),
            Length(max=NOTE_MAX, message=f"Use at most {NOTE_MAX} characters."),
        ],
        filters=[strip],
    )


class AnswerForm(Form):
    words = TextAreaField(
        "What you say to the bank",
        [
            DataRequired(message="Say why the payment was right."),
            Length(max=ANSWER_MAX, message=f"Use at most {ANSWER_MAX:,} characters."),
        ],
        filters=[strip],
    )
