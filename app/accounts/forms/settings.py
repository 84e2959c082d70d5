"""The forms of the account's settings. Several share a page, so each names its fields' ids itself."""

from wtforms import IntegerField, SelectMultipleField, ValidationError
from wtforms.validators import InputRequired, NumberRange

from app.accounts.forms.parts import bio_field, display_name_field, email_field, handle_field, password_field
from app.accounts.operations import handles
from app.kit import languages
from app.platform.forms import Form
from app.platform.viewer import signed_in_viewer

# In the order of the stylesheet's hues.
HUES = ("Ember", "Amber", "Gold", "Moss", "Fern", "Lagoon", "Sky", "Azure", "Dusk", "Orchid", "Rose", "Coral")
NOT_OURS = "Choose one of these colours."


class ProfileForm(Form):
    display_name = display_name_field()
    bio = bio_field()
    avatar_hue = IntegerField(
        "Your light",
        [InputRequired(NOT_OURS), NumberRange(0, len(HUES) - 1, NOT_OURS)],
    )


class LanguagesForm(Form):
    # One select each, of the same name: the main one first, and empty ones in between.
    languages = SelectMultipleField("Languages you read", validate_choice=False)

    @property
    def chosen(self) -> list[str]:
        return list(dict.fromkeys(code for code in self.languages.data or () if code))

    def validate_languages(self, field: SelectMultipleField) -> None:
        if not set(self.chosen) <= languages.NAMES.keys():
            raise ValidationError("Choose from the list.")
        if len(self.chosen) > languages.MOST:
            raise ValidationError(f"Choose {languages.MOST} at most.")


def _is_good_for_viewer(handle: str) -> None:
    handles.check(handle, owner=signed_in_viewer().id)


class HandleForm(Form):
    handle = handle_field(_is_good_for_viewer, id="new-handle")


class EmailForm(Form):
    email = email_field(id="new-email")


class ChangePasswordForm(Form):
    current_password = password_field(
        "Current password", "Write your current password.", id="current-password"
    )
    new_password = password_field("New password", "Choose a new password.", id="new-password")


class SetPasswordForm(Form):
    new_password = password_field("Password", "Choose a password.", id="first-password")
