"""What somebody types who gives."""

from wtforms import StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length

from app.kit import money
from app.kit.text import clean_text
from app.platform.forms import Form, strip
from app.tips.models import NOTE_MAX
from app.tips.operations.giving import Wish

LEAST, MOST = 100, 50_000
SUGGESTED = (300, 500, 1_000, 2_500)


class TipForm(Form):
    amount = StringField("Amount", [DataRequired("How much?")], filters=[strip])
    note = TextAreaField(
        "Note",
        [Length(max=NOTE_MAX, message=f"Use at most {NOTE_MAX} characters.")],
        filters=[clean_text],
    )

    def __init__(self, currency: str, **options: object) -> None:
        self.currency = currency
        super().__init__(**options)

    def validate_amount(self, field: StringField) -> None:
        amount = money.parse(field.data or "", self.currency)
        if amount is None:
            raise ValidationError("Write an amount like 5 or 4.50.")
        if not LEAST <= amount <= MOST:
            least, most = (money.readable(bound, self.currency) for bound in (LEAST, MOST))
            raise ValidationError(f"Give between {least} and {most}.")

    @property
    def wish(self) -> Wish:
        """Of a form that validates."""
        return Wish(money.parse(self.amount.data or "", self.currency) or 0, self.note.data or "")
