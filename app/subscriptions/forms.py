"""What people type about subscriptions, codes and gifts."""

from datetime import UTC, datetime, time
from uuid import UUID

from wtforms import (
    BooleanField,
    DateField,
    Field,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp, ValidationError

from app.accounts.models import HANDLE_MAX
from app.kit import clock
from app.kit.ids import parse_id
from app.kit.text import clean_line, clean_prose
from app.platform.forms import Form, strip
from app.subscriptions.models import CODE_MAX, NOTE_MAX
from app.subscriptions.operations.gifts import GiftWish
from app.subscriptions.operations.promos import PromoWish
from app.subscriptions.operations.standing import PAUSE_MOST

CODE_TYPED_MAX = 60
USES_MOST = 1_000_000
PERCENT_OF_BUNDLES = 90
NOT_A_NUMBER = "Write a whole number."


def _number(label: str, lowest: int, highest: int, *, needed: bool = False) -> IntegerField:
    between = NumberRange(lowest, highest, f"Write a whole number from {lowest} to {highest:,}.")
    return IntegerField(label, [InputRequired(NOT_A_NUMBER) if needed else Optional(), between])


class SubscribeForm(Form):
    """`months` gets its choices from the tier."""

    months = RadioField("How long", coerce=int)
    code = StringField("Code", [Length(max=CODE_MAX, message="No code is that long.")], filters=[clean_line])


class ChangeForm(Form):
    """A tier and a length: `<tier>:<months>`."""

    plan = RadioField("Change to")

    @property
    def chosen(self) -> tuple[UUID, int]:
        tier, _, months = (self.plan.data or "").partition(":")
        found = parse_id(tier)
        assert found is not None
        return found, int(months)


class PauseForm(Form):
    months = RadioField(
        "For how long",
        choices={
            str(count): f"{count} month{'s' if count > 1 else ''}" for count in range(1, PAUSE_MOST + 1)
        },
        coerce=int,
        default=1,
    )


class ReasonForm(Form):
    reason = TextAreaField(
        "Why", [Length(max=NOTE_MAX, message=f"Use at most {NOTE_MAX} characters.")], filters=[clean_prose]
    )


class MethodForm(Form):
    """`method` gets its choices from what is on file; nothing: by hand."""

    method = SelectField("Renew by")

    @property
    def chosen(self) -> UUID | None:
        return parse_id(self.method.data or "")


class GiftForm(Form):
    months = RadioField("How long", coerce=int)
    to = StringField(
        "For whom",
        [Length(max=HANDLE_MAX + 1, message="No handle is that long.")],
        filters=[lambda typed: (typed or "").strip().removeprefix("@")],
    )
    note = TextAreaField(
        "A few words",
        [Length(max=NOTE_MAX, message=f"Use at most {NOTE_MAX} characters.")],
        filters=[clean_prose],
    )

    def wish(self, tier_id: UUID) -> GiftWish:
        return GiftWish(tier_id, self.months.data, self.to.data or "", self.note.data or "")


class CodeForm(Form):
    code = StringField(
        "Code",
        [
            InputRequired("Type the code of the gift."),
            Length(max=CODE_TYPED_MAX, message="No code is that long."),
        ],
        filters=[strip],
    )


class PromoForm(Form):
    """`tier_id` gets its choices from the creator's tiers."""

    code = StringField(
        "Code",
        [
            InputRequired("Write a code."),
            Regexp(
                rf"[A-Za-z0-9_-]{{3,{CODE_MAX}}}\Z",
                message=f"Use 3 to {CODE_MAX} letters, figures, - or _, without spaces.",
            ),
        ],
        filters=[strip],
    )
    percent = _number("Percent off", 1, 100, needed=True)
    for_months = _number("For how many months", 1, 120)
    at_most = _number("How often it can be used", 1, USES_MOST)
    ends = DateField("Last day", [Optional()])
    tier_id = SelectField("For")
    only_new = BooleanField("Only for those who never subscribed here", default=True)

    def validate_ends(self, field: Field) -> None:
        if field.data and field.data < clock.now().date():
            raise ValidationError("This day is over. Choose today or a later one.")

    @property
    def wish(self) -> PromoWish:
        ends = datetime.combine(self.ends.data, time.max, UTC) if self.ends.data else None
        return PromoWish(
            code=(self.code.data or "").upper(),
            percent=self.percent.data or 0,
            for_months=self.for_months.data,
            at_most=self.at_most.data,
            only_new=bool(self.only_new.data),
            tier_id=parse_id(self.tier_id.data or ""),
            ends_at=ends,
        )


class BundlesForm(Form):
    months_3 = _number("3 months", 0, PERCENT_OF_BUNDLES)
    months_6 = _number("6 months", 0, PERCENT_OF_BUNDLES)
    months_12 = _number("12 months", 0, PERCENT_OF_BUNDLES)

    @property
    def percents(self) -> dict[int, int]:
        typed = {3: self.months_3.data, 6: self.months_6.data, 12: self.months_12.data}
        return {months: percent for months, percent in typed.items() if percent}
