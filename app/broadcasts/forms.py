"""What a creator types to tell many, to welcome somebody, and to keep for later."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms import SelectMultipleField as Several
from wtforms.validators import DataRequired, NumberRange, Optional

from app.broadcasts.audience import WHO, Audience
from app.broadcasts.models import NAME_MAX
from app.broadcasts.operations.drafting import Wish
from app.broadcasts.queries import Shown
from app.chat import words
from app.chat.forms import MessageForm
from app.chat.models import MESSAGE_MAX, Parcel
from app.chat.operations.parcels import Load
from app.creators.forms.parts import at_most
from app.creators.models import Tier
from app.kit import clock, languages, money
from app.kit.ids import parse_id
from app.kit.text import clean_line, clean_text, has_substance
from app.platform.forms import Form, strip
from app.posts.forms.editor import FARTHEST, LOCAL, NOTHING, moment_of

PEOPLE = ("who", "tiers", "spent", "since", "until", "language")
SPENT_MOST = 1_000_000_00


def _words(label: str) -> TextAreaField:
    return TextAreaField(
        label, [at_most(MESSAGE_MAX)], filters=[clean_text], render_kw={"maxlength": MESSAGE_MAX}
    )


class AudienceForm(Form):
    who = RadioField("To whom", choices=WHO, default="everyone")
    tiers = Several("Only of these tiers", validate_choice=False)
    spent = StringField("Paid you at least", filters=[strip])
    since = StringField("Came on this day or later", filters=[strip])
    until = StringField("Came before", filters=[strip])
    language = SelectField("Who read", choices={"": "Any language", **languages.NAMES}, default="")

    def __init__(self, tiers: Sequence[Tier], currency: str, **options: Any) -> None:
        self.currency = currency
        self.names = {str(tier.id): tier.name for tier in tiers}
        super().__init__(**options)

    def validate_tiers(self, field: Several) -> None:
        if self.who.data == "subscribers" and not set(field.data or ()) <= self.names.keys():
            raise ValidationError("One of these tiers is not yours. Choose again.")

    def validate_spent(self, field: StringField) -> None:
        if field.data and not 0 < (money.parse(field.data, self.currency) or 0) <= SPENT_MOST:
            raise ValidationError("Write an amount like 20 or 4.99, or nothing.")

    def validate_since(self, field: StringField) -> None:
        _check_day(field)

    def validate_until(self, field: StringField) -> None:
        _check_day(field)
        since, until = _day(self.since.data), _day(field.data)
        if since and until and until <= since:
            raise ValidationError("Nobody came before the one day and after the other. Change one of them.")

    def tells_whom(self) -> bool:
        """Whether the part about people makes sense, whatever stands in the rest."""
        return all(self._fields[name].validate(self, self._checks(name)) for name in PEOPLE)

    def _checks(self, name: str) -> list[Any]:
        own = getattr(type(self), f"validate_{name}", None)
        return [own] if own else []

    @property
    def audience(self) -> Audience:
        """Of a form that validates."""
        chosen = [parse_id(one) for one in self.tiers.data or ()] if self.who.data == "subscribers" else []
        return Audience(
            self.who.data,
            tuple(one for one in chosen if one),
            money.parse(self.spent.data, self.currency) if self.spent.data else None,
            self.currency,
            _day(self.since.data),
            _day(self.until.data),
            self.language.data or "",
        )


class BroadcastForm(AudienceForm, MessageForm):
    send_at = StringField("Goes out at", filters=[strip])
    utc_offset = HiddenField()
    # The save that it began from, of one that is changed.
    saves = IntegerField(validators=[Optional(), NumberRange(min=0, max=2**31 - 1)])

    def __init__(self, tiers: Sequence[Tier], currency: str, **options: Any) -> None:
        super().__init__(tiers, currency, **options)
        self.sells, self.price.currency = True, currency
        # Shown again it is in UTC, as everything that was saved.
        if self.moment:
            self.send_at.data = self.moment.strftime(LOCAL)
            self.utc_offset.data = ""

    def validate_send_at(self, field: StringField) -> None:
        if not field.data:
            return
        if self.moment is None:
            raise ValidationError("Write a day and a time, like 2027-03-01T18:30.")
        if not clock.now() < self.moment < clock.now() + FARTHEST:
            raise ValidationError("Choose a moment that is still to come, within two years.")

    @property
    def moment(self) -> Any:
        return moment_of(self.send_at.data or "", self.utc_offset.data or "")

    @property
    def wish(self) -> Wish:
        """Of a form that validates."""
        return Wish(self.body.data or "", self.load, self.audience, self.moment)


class SendForm(Form):
    # The save that was looked at.
    seen = IntegerField(validators=[Optional(), NumberRange(min=0, max=2**31 - 1)])


class WelcomeForm(Form):
    body = _words("What they read first")
    to_followers = BooleanField("New followers, too")


class SavedReplyForm(Form):
    name = StringField(
        "Name",
        [
            DataRequired("Give it a name."),
            at_most(NAME_MAX),
        ],
        filters=[clean_line],
    )
    body = _words("The answer")

    def validate_name(self, field: StringField) -> None:
        _readable(field)

    def validate_body(self, field: TextAreaField) -> None:
        _readable(field)


class NewsForm(Form):
    news = BooleanField("News")


def kept(shown: Shown) -> Mapping[str, Any]:
    """A broadcast as it stands in its form."""
    chosen, at = shown.audience, shown.of.send_at
    return {
        "body": shown.words,
        **_carried(shown.parcel),
        "who": chosen.who,
        "tiers": [str(one) for one in chosen.tiers],
        "spent": "" if chosen.spent is None else money.plain(chosen.spent, chosen.currency),
        "since": chosen.since.isoformat() if chosen.since else "",
        "until": chosen.until.isoformat() if chosen.until else "",
        "language": chosen.language,
        "send_at": at.strftime(LOCAL) if at else "",
    }


def differences(theirs: Shown, form: BroadcastForm) -> dict[str, Any]:
    """What was saved elsewhere meanwhile, beside what was typed here: all that would be replaced by it."""
    mine, load, at = form.wish, _load(theirs.parcel), theirs.of.send_at
    price = money.readable(load.price, load.currency) if load.price is not None else NOTHING
    found = (
        (form.who, theirs.audience != mine.audience, theirs.to),
        (form.media, load.media != mine.load.media, str(len(load.media)) if load.media else NOTHING),
        (form.price, load.price != mine.load.price, price),
        (form.send_at, at != mine.at, f"{at:%Y-%m-%d %H:%M} UTC" if at else "once it is confirmed"),
    )
    return {
        "words": theirs.words,
        "locked": load.words if load.words != mine.load.words else None,
        "differs": [(field.label.text, said) for field, differs, said in found if differs],
    }


def _carried(parcel: Parcel | None) -> Mapping[str, Any]:
    load = _load(parcel)
    return {
        "media": [str(one) for one in load.media],
        "price": "" if load.price is None else money.plain(load.price, load.currency),
        "locked": load.words,
    }


def _load(parcel: Parcel | None) -> Load:
    if parcel is None:
        return Load(media=[])
    media = [UUID(one["id"]) for one in parcel.media]
    return Load(media, parcel.price, parcel.currency or "", words.unseal(parcel.sealed_words))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _check_day(field: Field) -> None:
    if field.data and _day(field.data) is None:
        raise ValidationError("Write a day like 2027-03-01.")


def _readable(field: Field) -> None:
    if not has_substance(field.data or ""):
        raise ValidationError("Write something that can be read.")
