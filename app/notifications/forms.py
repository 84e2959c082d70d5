"""Switches: which were shown, and which of them are on."""

from wtforms import SelectMultipleField

from app.platform.forms import Form


class PreferencesForm(Form):
    # A page that was open while a new switch came must not turn it off.
    shown = SelectMultipleField()
    on = SelectMultipleField()

    def offer(self, names: list[str]) -> None:
        self.shown.choices = self.on.choices = {name: name for name in names}

    @property
    def wanted(self) -> dict[str, bool]:
        return {name: name in (self.on.data or []) for name in self.shown.data or []}
