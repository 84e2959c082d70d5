"""What creators type about a tier."""

from wtforms import Field, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired

from app.creators.forms.parts import at_most
from app.creators.models import (
    BENEFIT_MAX,
    BENEFITS_MAX,
    TIER_ABOUT_MAX,
    TIER_NAME_MAX,
    WELCOME_MAX,
    Tier,
)
from app.creators.operations.tiers import TierWish
from app.kit import money
from app.kit.text import clean_line, clean_prose, clean_text, has_substance
from app.platform.forms import Form, strip

PRICE_LEAST, PRICE_MOST = 100, 100_000
YEAR_MOST = 12 * PRICE_MOST
SEATS_MOST, TRIAL_MOST = 100_000, 90


class TierForm(Form):
    name = StringField("Name", [DataRequired("Write a name."), at_most(TIER_NAME_MAX)], filters=[clean_line])
    price = StringField("Price a month", [DataRequired("Write a price.")], filters=[strip])
    price_year = StringField("Price a year", filters=[strip])
    benefits = TextAreaField("What it includes", filters=[clean_text])
    about = TextAreaField("About", [at_most(TIER_ABOUT_MAX)], filters=[clean_text])
    seats = StringField("Seats", filters=[strip])
    trial_days = StringField("Free days to try it", filters=[strip])
    welcome = TextAreaField("Welcome", [at_most(WELCOME_MAX)], filters=[clean_prose])

    def __init__(self, currency: str, tier: Tier | None = None) -> None:
        self.currency = currency
        super().__init__(data=_kept(tier) if tier is not None else {})

    def validate_name(self, field: StringField) -> None:
        if not has_substance(field.data or ""):
            raise ValidationError("Write a name that others can read.")

    def validate_price(self, field: StringField) -> None:
        self._price_between(field, PRICE_LEAST, PRICE_MOST)

    def validate_price_year(self, field: StringField) -> None:
        if field.data:
            self._price_between(field, PRICE_LEAST, YEAR_MOST)
            month = money.parse(self.price.data or "", self.currency)
            if month and (self._amount(field) or 0) >= 12 * month:
                twelve = money.readable(12 * month, self.currency)
                raise ValidationError(f"A year costs less than twelve months, which are {twelve}.")

    def validate_benefits(self, field: TextAreaField) -> None:
        if len(self._lines) > BENEFITS_MAX:
            raise ValidationError(f"Write {BENEFITS_MAX} lines at most.")
        if any(len(line) > BENEFIT_MAX for line in self._lines):
            raise ValidationError(f"Use at most {BENEFIT_MAX} characters a line.")

    def validate_seats(self, field: StringField) -> None:
        if field.data and not 1 <= (_whole(field.data) or 0) <= SEATS_MOST:
            raise ValidationError(f"Write a whole number from 1 to {SEATS_MOST:,}, or nothing for no limit.")

    def validate_trial_days(self, field: StringField) -> None:
        days = _whole(field.data or "0")
        if days is None or days > TRIAL_MOST:
            raise ValidationError(f"Write a whole number of days, {TRIAL_MOST} at most, or nothing.")

    @property
    def wish(self) -> TierWish:
        """Of a form that validates."""
        return TierWish(
            name=self.name.data or "",
            about=self.about.data or "",
            price=self._amount(self.price) or 0,
            price_year=self._amount(self.price_year),
            benefits=tuple(self._lines),
            seats=_whole(self.seats.data or ""),
            trial_days=_whole(self.trial_days.data or "") or 0,
            welcome=self.welcome.data or "",
        )

    @property
    def amount(self) -> int | None:
        """What a month costs, as far as it is typed."""
        return self._amount(self.price)

    @property
    def _lines(self) -> list[str]:
        lines = (clean_line(line) for line in (self.benefits.data or "").splitlines())
        return [line for line in lines if line]

    def _amount(self, field: Field) -> int | None:
        return money.parse(field.data, self.currency) if field.data else None

    def _price_between(self, field: StringField, lowest: int, highest: int) -> None:
        amount = self._amount(field)
        if amount is None:
            raise ValidationError("Write a price like 4.99.")
        if not lowest <= amount <= highest:
            least, most = (money.readable(bound, self.currency) for bound in (lowest, highest))
            raise ValidationError(f"Choose a price between {least} and {most}.")


def _whole(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 6 else None


def _kept(tier: Tier) -> dict[str, str]:
    return {
        "name": tier.name,
        "about": tier.about,
        "price": money.plain(tier.price, tier.currency),
        "price_year": money.plain(tier.price_year, tier.currency) if tier.price_year else "",
        "benefits": "\n".join(tier.benefits),
        "seats": str(tier.seats or ""),
        "trial_days": str(tier.trial_days or ""),
        "welcome": tier.welcome,
    }
