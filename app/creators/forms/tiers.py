"""What creators type about a tier."""

from wtforms import StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired

from app.creators.forms.parts import at_most
from app.creators.models import TIER_ABOUT_MAX, TIER_NAME_MAX, Tier
from app.creators.operations.tiers import TierWish
from app.kit import money
from app.kit.text import clean_line, clean_text, has_substance
from app.platform.forms import Form, strip

PRICE_LEAST, PRICE_MOST = 100, 100_000


class TierForm(Form):
    name = StringField("Name", [DataRequired("Write a name."), at_most(TIER_NAME_MAX)], filters=[clean_line])
    price = StringField("Price a month", [DataRequired("Write a price.")], filters=[strip])
    about = TextAreaField("What it includes", [at_most(TIER_ABOUT_MAX)], filters=[clean_text])

    def __init__(self, currency: str, tier: Tier | None = None) -> None:
        self.currency = currency
        kept = {}
        if tier is not None:
            kept = {"name": tier.name, "about": tier.about, "price": money.plain(tier.price, tier.currency)}
        super().__init__(data=kept)

    def validate_name(self, field: StringField) -> None:
        if not has_substance(field.data or ""):
            raise ValidationError("Write a name that others can read.")

    def validate_price(self, field: StringField) -> None:
        amount = money.parse(field.data or "", self.currency)
        if amount is None:
            raise ValidationError("Write a price like 4.99.")
        if not PRICE_LEAST <= amount <= PRICE_MOST:
            least, most = (money.readable(bound, self.currency) for bound in (PRICE_LEAST, PRICE_MOST))
            raise ValidationError(f"Choose a price between {least} and {most}.")

    @property
    def wish(self) -> TierWish:
        """Of a form that validates."""
        price = money.parse(self.price.data or "", self.currency) or 0
        return TierWish(self.name.data or "", self.about.data or "", price)
