"""What people type about payouts."""

from typing import Any

from wtforms import Field, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from app.creators.operations.pages import CURRENCIES
from app.earnings import words
from app.earnings.models import REASON_MAX
from app.earnings.tax_fields import asked_in, wrong_number
from app.kit.countries import COUNTRIES
from app.kit.money import parse, plain
from app.kit.text import clean_line
from app.platform.forms import Form, strip

BY_NAME = dict(sorted(COUNTRIES.items(), key=lambda one: one[1]))
ADDRESS_MAX, HANDLE_MAX, TAX_MAX = 64, 60, 400
# The least of a plan is one figure, whatever the currency.
COUNTED_IN = "USD"


class AskForm(Form):
    """The view says which places there are."""

    amount = StringField("Amount", [InputRequired(message="How much?")], filters=[strip])
    account = SelectField("To")
    currency = HiddenField("Currency")

    def begin(self, currency: str, places: dict[str, str], available: int) -> None:
        self.account.choices = places
        self.currency.data = currency
        if self.amount.data is None:
            self.amount.data = plain(max(available, 0), currency)

    def validate_amount(self, field: Field) -> None:
        if not parse(field.data or "", self.currency.data or ""):
            raise ValidationError("Type an amount such as 50 or 49.90.")

    @property
    def minor(self) -> int:
        return parse(self.amount.data or "", self.currency.data or "") or 0


class PlanForm(Form):
    rhythm = SelectField("When", choices=words.RHYTHMS)
    minimum = StringField("At least", [InputRequired(message="How much at least?")], filters=[strip])

    def validate_minimum(self, field: Field) -> None:
        if (parse(field.data or "", COUNTED_IN) or 0) < 100:
            raise ValidationError("Type an amount of 1 or more, such as 20.")

    @property
    def least(self) -> int:
        return parse(self.minimum.data or "", COUNTED_IN) or 0


class WalletForm(Form):
    address = StringField(
        "Wallet address",
        [
            InputRequired(message="Which wallet?"),
            Length(max=ADDRESS_MAX, message="This is too long to be the address of a wallet."),
        ],
        filters=[strip],
    )


class CountryForm(Form):
    country = SelectField("Where your bank account is", choices={"": "Choose"} | BY_NAME)

    def validate_country(self, field: Field) -> None:
        if not field.data:
            raise ValidationError("Choose the country of your bank account.")


class TaxForm(Form):
    """All there is; which of it is asked, the country decides (tax_fields.py)."""

    legal_name = StringField("Full name, yours or of your company", filters=[clean_line])
    business_name = StringField("Name of your business", filters=[clean_line])
    address = TextAreaField("Address", filters=[strip])
    born = StringField("Date of birth", filters=[clean_line])
    tin = StringField("Tax number", filters=[clean_line])
    vat_id = StringField("VAT number", filters=[clean_line])

    def ask(self, country: str) -> None:
        """Leaves out what is not asked there, and calls the rest what it is called there."""
        self.country, self.asked = country, asked_in(country)
        for name in set(self._fields) - set(self.asked.names):
            del self[name]
        for name, label in self.asked.labels.items():
            self[name].label.text = label

    def validate(self, extra_validators: Any = None) -> bool:
        good = bool(super().validate(extra_validators))
        for name in self.asked.names:
            if wrong := self._wrong(name, self[name].data or ""):
                self[name].errors, good = [wrong], False
        return good

    def _wrong(self, name: str, typed: str) -> str | None:
        if not typed:
            return None if name in self.asked.optional else "This is needed for the yearly report."
        if len(typed) > TAX_MAX:
            return f"Use at most {TAX_MAX} characters."
        return wrong_number(self.country, typed) if name == "tin" else None


class AdjustmentForm(Form):
    handle = StringField(
        "Whose",
        [
            InputRequired(message="Whose balance?"),
            Length(max=HANDLE_MAX, message=f"Use at most {HANDLE_MAX} characters."),
        ],
        filters=[clean_line],
    )
    account = SelectField("Which balance", choices=words.ACCOUNTS)
    currency = SelectField("Currency", choices={code: code for code in CURRENCIES})
    direction = SelectField("They get", choices={"more": "More", "less": "Less"})
    amount = StringField("Amount", [InputRequired(message="By how much?")], filters=[strip])
    reason = TextAreaField(
        "Reason",
        [
            InputRequired(message="Why? They read it in a mail."),
            Length(max=REASON_MAX, message=f"Use at most {REASON_MAX} characters."),
        ],
        filters=[strip],
    )

    def validate_amount(self, field: Field) -> None:
        if not parse(field.data or "", self.currency.data):
            raise ValidationError("Type an amount such as 4.99.")

    @property
    def minor(self) -> int:
        found = parse(self.amount.data or "", self.currency.data or "") or 0
        return -found if self.direction.data == "less" else found
