"""What people type in a room, and what its creator chooses for it."""

from collections.abc import Sequence

from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length

from app.creators.forms.parts import at_most
from app.creators.models import Tier
from app.entitlements.rules import Audience
from app.kit.text import clean_line, clean_text, has_substance
from app.platform.errors import Refused
from app.platform.forms import Form, strip
from app.rooms.models import MESSAGE_MAX, NAME_MAX, Room
from app.rooms.operations.keeping import Wish
from app.rooms.rules import Mute

AUDIENCES = {Audience.FOLLOWERS.value: "Followers", Audience.SUBSCRIBERS.value: "Subscribers"}
PACES = {
    "0": "As they like",
    "5": "5 seconds",
    "10": "10 seconds",
    "30": "30 seconds",
    "60": "A minute",
    "300": "5 minutes",
}
MUTES = {
    Mute.MINUTES.value: "For 10 minutes",
    Mute.HOUR.value: "For an hour",
    Mute.FOR_GOOD.value: "For good",
}


class SayForm(Form):
    body = TextAreaField(
        "Your message",
        [DataRequired("Write something first."), at_most(MESSAGE_MAX)],
        filters=[clean_text],
        render_kw={"maxlength": MESSAGE_MAX},
    )

    def validate(self, extra_validators: object = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if not has_substance(self.body.data or ""):
            self.refuse(Refused("Write something that others can read.", "body"))
            return False
        return True


class MuteForm(Form):
    how_long = RadioField("For how long", choices=MUTES, default=Mute.MINUTES.value)


class ModeratorForm(Form):
    handle = StringField("Handle", [DataRequired("Write a handle."), Length(max=31)], filters=[strip])


class RoomForm(Form):
    name = StringField(
        "Name",
        [
            DataRequired("Give it a name."),
            at_most(NAME_MAX),
        ],
        filters=[clean_line],
    )
    audience = RadioField("Who may come in", choices=AUDIENCES)
    rank = SelectField("From which tier on", coerce=int)
    slow_seconds = SelectField("Between two messages of a person", choices=PACES)
    is_open = BooleanField("The door is open")

    def __init__(self, tiers: Sequence[Tier], room: Room | None = None, *, blank: bool = False) -> None:
        super().__init__(**({"formdata": None} if blank else {}), data=_kept(room))
        ranks = {"0": "Any tier"} | {str(tier.rank): tier.name for tier in tiers if tier.archived_at is None}
        if room:
            ranks.setdefault(str(room.rank), "As before")
        self.rank.choices = ranks

    def validate_name(self, field: StringField) -> None:
        if not has_substance(field.data or ""):
            raise ValidationError("Write a name that others can read.")

    @property
    def wish(self) -> Wish:
        """Of a form that validates."""
        audience = Audience(self.audience.data)
        return Wish(
            name=self.name.data or "",
            audience=audience,
            rank=self.rank.data if audience is Audience.SUBSCRIBERS else 0,
            is_open=bool(self.is_open.data),
            slow_seconds=int(self.slow_seconds.data),
        )


def _kept(room: Room | None) -> dict[str, object]:
    if room is None:
        return {"audience": Audience.SUBSCRIBERS.value, "is_open": True, "slow_seconds": "0", "rank": 0}
    names = ("name", "audience", "rank", "is_open")
    return {name: getattr(room, name) for name in names} | {"slow_seconds": str(room.slow_seconds)}
