"""Settings, profile: what others see, and the handle under which they find it."""

from typing import Any

from flask import flash
from werkzeug.wrappers import Response

from app.accounts import queries
from app.accounts.forms.parts import typed
from app.accounts.forms.settings import HUES, HandleForm, LanguagesForm, ProfileForm
from app.accounts.operations import handles, profile
from app.accounts.views import bp
from app.accounts.views.answers import refused
from app.kit import languages
from app.platform.errors import Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer

PAGE, HOME = "accounts/settings_profile.html", "/settings/profile"


@bp.get("/settings")
@guard(Access.SIGNED_IN)
def settings_home() -> Response:
    return see(HOME)


@bp.get("/settings/profile")
@guard(Access.SIGNED_IN)
def show_profile() -> Response:
    return page(PAGE, **_page())


@bp.post("/settings/profile")
@guard(Access.SIGNED_IN)
def save_profile() -> Response:
    form = ProfileForm()
    if not form.validate():
        return form_page(PAGE, **_page(form=form))
    profile.update(
        signed_in_viewer().id,
        display_name=typed(form.display_name),
        bio=typed(form.bio),
        avatar_hue=form.avatar_hue.data or 0,
    )
    flash("Your profile is saved.", "good")
    return see(HOME)


@bp.post("/settings/profile/handle")
@guard(Access.SIGNED_IN)
def change_handle() -> Response:
    form = HandleForm()
    if not form.validate():
        return form_page(PAGE, **_page(handle_form=form))
    try:
        handles.change(signed_in_viewer().id, typed(form.handle))
    except Refused as error:
        return refused(error, form, PAGE, **_page(handle_form=form))
    flash(f"You are @{typed(form.handle)} now. Links to your old handle lead here.", "good")
    return see(HOME)


@bp.post("/settings/profile/languages")
@guard(Access.SIGNED_IN)
def choose_languages() -> Response:
    form = LanguagesForm()
    if not form.validate():
        return form_page(PAGE, **_page(languages_form=form))
    profile.read_languages(signed_in_viewer().id, form.chosen)
    flash("Your languages are saved.", "good")
    return see(HOME)


def _page(
    form: ProfileForm | None = None,
    handle_form: HandleForm | None = None,
    languages_form: LanguagesForm | None = None,
) -> dict[str, Any]:
    user = queries.the_user(signed_in_viewer().id)
    return {
        "user": user,
        "hues": HUES,
        "profile_form": form or ProfileForm(formdata=None, obj=user),
        "handle_form": handle_form or HandleForm(formdata=None, obj=user),
        "languages_form": languages_form or LanguagesForm(formdata=None, languages=user.languages),
        "languages": languages.NAMES,
        "languages_most": languages.MOST,
        "handle_free_at": handles.may_change_at(user),
    }
