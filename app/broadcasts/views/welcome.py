"""What newcomers hear."""

from flask import flash
from werkzeug.wrappers import Response

from app.broadcasts import queries
from app.broadcasts.forms import WelcomeForm
from app.broadcasts.operations import welcoming
from app.broadcasts.views import HOME, bp
from app.chat import words
from app.creators.views.desk import own_page
from app.platform.errors import Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see

PAGE, ADDRESS = "broadcasts/welcome.html", f"{HOME}/welcome"


@bp.get(ADDRESS)
@guard(Access.CREATOR)
def welcome() -> Response:
    creator_id = own_page().id
    chosen = queries.welcome_of(creator_id)
    known = {"body": words.unseal(chosen.sealed_words), "to_followers": chosen.to_followers} if chosen else {}
    form = WelcomeForm(formdata=None, data=known)
    return page(PAGE, form=form, tiers=_with_words_of_their_own())


@bp.post(ADDRESS)
@guard(Access.CREATOR)
def choose_welcome() -> Response:
    creator_id, form = own_page().id, WelcomeForm()
    try:
        if form.validate():
            welcoming.choose(creator_id, form.body.data or "", to_followers=form.to_followers.data)
            flash("Saved.", "good")
            return see(ADDRESS)
    except Refused as refused:
        form.refuse(refused)
    return form_page(PAGE, form=form, tiers=_with_words_of_their_own())


def _with_words_of_their_own() -> list[tuple[str, str]]:
    own = (tier for tier in queries.tiers(own_page().id) if tier.welcome and tier.archived_at is None)
    return [(tier.name, f"/dashboard/tiers/{tier.id}") for tier in own]
