"""What people type to each other."""

from typing import Any
from uuid import UUID

from wtforms import (
    BooleanField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import Length, NumberRange, Optional

from app.chat.models import FILES_MOST, MESSAGE_MAX
from app.chat.operations.choosing import Choice
from app.chat.operations.parcels import Load
from app.kit import money
from app.kit.ids import parse_id
from app.kit.text import clean_line, clean_text, has_substance
from app.platform.forms import Form

FROM = {
    "everyone": "Everybody",
    "followers": "Followers",
    "subscribers": "Subscribers",
    "paid": "Whoever pays for the first word",
    "nobody": "Nobody",
}
TOO_LONG = f"Use at most {MESSAGE_MAX:,} characters."
PRICE_LEAST, PRICE_MOST = 50, 1_000_00


class PriceField(StringField):
    """An amount in the form's currency, or nothing."""

    @property
    def minor(self) -> int | None:
        return money.parse(self.data, self.currency) if self.data else None

    currency = "USD"

    def pre_validate(self, form: object) -> None:
        if not self.data:
            return
        if self.minor is None:
            raise ValidationError("Write a price like 4.99.")
        if not PRICE_LEAST <= self.minor <= PRICE_MOST:
            least, most = (money.readable(bound, self.currency) for bound in (PRICE_LEAST, PRICE_MOST))
            raise ValidationError(f"Choose a price between {least} and {most}.")


class MessageForm(Form):
    body = TextAreaField(
        "Your message",
        [Length(max=MESSAGE_MAX, message=TOO_LONG)],
        filters=[clean_text],
        render_kw={"maxlength": MESSAGE_MAX},
    )
    # The number of the message that it answers.
    answers = IntegerField(validators=[Optional(), NumberRange(min=1, max=2**62)])
    media = SelectMultipleField("Files", coerce=parse_id, validate_choice=False)
    # Of creators: what has to be paid before the files and these words are seen.
    price = PriceField("Price to open it", filters=[clean_line])
    locked = TextAreaField(
        "Words behind the price",
        [Length(max=MESSAGE_MAX, message=TOO_LONG)],
        filters=[clean_text],
        render_kw={"maxlength": MESSAGE_MAX},
    )

    def __init__(self, currency: str = "USD", *, sells: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.sells, self.price.currency = sells, currency

    @property
    def media_ids(self) -> list[UUID]:
        return [one for one in dict.fromkeys(self.media.data or ()) if one]

    @property
    def load(self) -> Load:
        """Of a form that validates."""
        return Load(self.media_ids, self.price.minor, self.price.currency, self.locked.data or "")

    def validate_body(self, field: TextAreaField) -> None:
        if self.media_ids or self.locked.data:
            return
        if not field.data:
            raise ValidationError("Write something first.")
        if not has_substance(field.data):
            raise ValidationError("Write something that others can read.")

    def validate_media(self, field: SelectMultipleField) -> None:
        if len(self.media_ids) > FILES_MOST:
            raise ValidationError(f"Send up to {FILES_MOST} files at once.")

    def validate_price(self, field: PriceField) -> None:
        if not field.data:
            return
        if not self.sells:
            raise ValidationError("Only creators take a price.")
        if not self.media_ids and not has_substance(self.locked.data or ""):
            raise ValidationError("Add a file or words that it opens.")

    def validate_locked(self, field: TextAreaField) -> None:
        if field.data and not self.price.data:
            raise ValidationError("Set the price that opens them.")


class DraftForm(Form):
    body = TextAreaField(validators=[Length(max=MESSAGE_MAX)])


class MarksForm(Form):
    delivered = IntegerField(validators=[Optional(), NumberRange(min=0, max=2**62)])
    read = IntegerField(validators=[Optional(), NumberRange(min=0, max=2**62)])


class ReactionForm(Form):
    sign = StringField(validators=[Length(max=16)])


class ChatSettingsForm(Form):
    messages_from = RadioField("Who may begin to write to you", choices=FROM)
    from_rank = SelectField("From which tier", coerce=int, default=0)
    first_price = PriceField("Price of the first word", filters=[clean_line])
    shows_read = BooleanField("Show when you have read something")
    shows_typing = BooleanField("Show that you are typing")
    shows_online = BooleanField("Show that you are online")

    def __init__(self, currency: str = "USD", tiers: dict[int, str] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.first_price.currency = currency
        self.from_rank.choices = {"0": "Any tier"} | {str(rank): name for rank, name in (tiers or {}).items()}

    def validate_first_price(self, field: PriceField) -> None:
        if self.messages_from.data == "paid" and not field.data:
            raise ValidationError("Set the price of the first word.")

    @property
    def choice(self) -> Choice:
        """Of a form that validates."""
        chosen = self.messages_from.data
        return Choice(
            messages_from=chosen,
            from_rank=self.from_rank.data if chosen == "subscribers" else 0,
            first_price=self.first_price.minor if chosen == "paid" else None,
            shows_read=self.shows_read.data,
            shows_typing=self.shows_typing.data,
            shows_online=self.shows_online.data,
        )
