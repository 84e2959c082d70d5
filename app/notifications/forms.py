"""Switches: which were shown, and which of them are on; and when one is written to."""

from functools import cache
from typing import Self

from wtforms import RadioField, SelectField, SelectMultipleField

from app.notifications import hours
from app.notifications.models import NotificationSettings
from app.notifications.operations.rhythm import Rhythm
from app.platform.errors import Refused
from app.platform.forms import Form

HOURS = {"": "Never"} | {str(hour): f"{hour:02d}:00" for hour in range(24)}
RHYTHMS = {
    hours.AT_ONCE: "At once",
    hours.DAILY: "Once a day",
    hours.WEEKLY: "Once a week",
}


@cache
def zones() -> dict[str, str]:
    return {zone: zone.replace("_", " ").replace("/", ", ") for zone in hours.zones()}


class PreferencesForm(Form):
    # A page that was open while a new switch came must not turn it off.
    shown = SelectMultipleField()
    on = SelectMultipleField()

    def offer(self, names: list[str]) -> None:
        self.shown.choices = self.on.choices = {name: name for name in names}

    @property
    def wanted(self) -> dict[str, bool]:
        return {name: name in (self.on.data or []) for name in self.shown.data or []}


class RhythmForm(Form):
    mails = RadioField("Mails", choices=RHYTHMS)
    quiet_from = SelectField("Quiet from", choices=HOURS)
    quiet_until = SelectField("Until", choices=HOURS)
    zone = SelectField("Your time zone", choices=zones)

    @classmethod
    def of(cls, chosen: NotificationSettings) -> Self:
        hours_of = {name: _typed(getattr(chosen, name)) for name in ("quiet_from", "quiet_until")}
        return cls(formdata=None, data={"mails": chosen.mails, "zone": chosen.zone, **hours_of})

    def validate(self, extra_validators: object = None) -> bool:
        if not super().validate(extra_validators):
            return False
        begins, ends = self.quiet_from.data, self.quiet_until.data
        if bool(begins) != bool(ends):
            missing = "quiet_until" if begins else "quiet_from"
            self.refuse(Refused("Choose both hours, or “Never” in both.", missing))
        elif begins and begins == ends:
            self.refuse(Refused("Choose another hour: these would be the whole day.", "quiet_until"))
        return not self.errors

    @property
    def wish(self) -> Rhythm:
        begins, ends = self.quiet_from.data, self.quiet_until.data
        return Rhythm(
            self.zone.data, int(begins) if begins else None, int(ends) if ends else None, self.mails.data
        )


def _typed(hour: int | None) -> str:
    return "" if hour is None else str(hour)
