"""What people type about money."""

from datetime import UTC, datetime

from wtforms import DateField, Field, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app.invoices import words
from app.invoices.models import NOTE_MAX
from app.invoices.operations.billing import Details
from app.kit import clock
from app.kit.countries import COUNTRIES
from app.kit.money import parse, plain
from app.kit.text import clean_line
from app.platform.forms import Form, strip

NAME_MAX, ADDRESS_MAX, HANDLE_MAX = 120, 400, 60
# In which figures a limit is typed that holds in each currency.
COUNTED_IN = "USD"
BACK, CREDIT = "back", "credit"


class BillingForm(Form):
    country = SelectField(
        "Country", choices={"": "Not said"} | dict(sorted(COUNTRIES.items(), key=lambda one: one[1]))
    )
    name = StringField(
        "Name on receipts",
        [Length(max=NAME_MAX, message=f"Use at most {NAME_MAX} characters.")],
        filters=[clean_line],
    )
    address = TextAreaField(
        "Address on receipts",
        [Length(max=ADDRESS_MAX, message=f"Use at most {ADDRESS_MAX} characters.")],
        filters=[strip],
    )

    @property
    def details(self) -> Details:
        return Details(self.country.data or None, self.name.data or "", self.address.data or "")


class LimitForm(Form):
    amount = StringField("At most in a month", filters=[strip])

    def validate_amount(self, field: Field) -> None:
        if field.data and parse(field.data, COUNTED_IN) is None:
            raise ValidationError("Type an amount such as 50 or 49.90, or nothing for no limit.")

    @property
    def limit(self) -> int | None:
        return parse(self.amount.data, COUNTED_IN) if self.amount.data else None


class RefundForm(Form):
    """`currency` and what is typed at first are set by the view."""

    amount = StringField("Amount", [InputRequired(message="How much goes back?")], filters=[strip])
    reason = SelectField("Reason", choices=words.REASONS)
    note = TextAreaField(
        "Note",
        [Length(max=NOTE_MAX, message=f"Use at most {NOTE_MAX} characters.")],
        filters=[strip],
    )
    how = RadioField(
        "How",
        choices={BACK: "The way it came", CREDIT: "As credit"},
        default=BACK,
    )
    currency = COUNTED_IN

    def begin(self, amount: int, currency: str) -> None:
        self.currency = currency
        if self.amount.data is None:
            self.amount.data = plain(amount, currency)

    def validate_amount(self, field: Field) -> None:
        if not parse(field.data or "", self.currency):
            raise ValidationError("Type an amount such as 4.99.")

    @property
    def minor(self) -> int:
        return parse(self.amount.data or "", self.currency) or 0

    @property
    def as_credit(self) -> bool:
        return bool(self.how.data == CREDIT)


class FeeForm(Form):
    """Nobody in particular: of all creators. No kind: of all kinds."""

    handle = StringField(
        "Creator",
        [Length(max=HANDLE_MAX, message=f"Use at most {HANDLE_MAX} characters.")],
        filters=[clean_line],
    )
    kind = SelectField("Of")
    percent = StringField("Percent", [InputRequired(message="How many percent?")], filters=[strip])
    since = DateField("From", [Optional()])

    def validate_percent(self, field: Field) -> None:
        if self.bps is None:
            raise ValidationError("Type percents from 0 to 100, such as 8 or 7.5.")

    def validate_since(self, field: Field) -> None:
        if field.data and field.data < clock.now().date():
            raise ValidationError("What was sold already keeps its fee: choose today or later.")

    @property
    def bps(self) -> int | None:
        found = parse(self.percent.data or "", COUNTED_IN)
        return found if found is not None and found <= 10_000 else None

    @property
    def begins(self) -> datetime:
        today = clock.now()
        if self.since.data is None or self.since.data == today.date():
            return today
        return datetime.combine(self.since.data, datetime.min.time(), UTC)


class SearchForm(Form):
    """By number, handle, or what a provider calls it."""

    q = StringField("Find", [Length(max=200)], filters=[strip])
