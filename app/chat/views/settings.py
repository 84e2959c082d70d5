"""Who may write to one, and what others see of one's reading and typing."""

from typing import Any

from flask import flash
from werkzeug.wrappers import Response

from app.chat import queries_talk
from app.chat.forms import ChatSettingsForm
from app.chat.operations import choosing
from app.chat.views import bp
from app.kit.money import plain
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer

PAGE = "messages/settings.html"


@bp.get("/settings/messages")
@guard(Access.SIGNED_IN)
def chosen() -> Response:
    person = signed_in_viewer()
    found, (currency, _) = queries_talk.settings_of(person.id), queries_talk.shop_of(person.id)
    price = plain(found.first_price, currency) if found.first_price else ""
    chosen = {
        "messages_from": found.messages_from,
        "from_rank": found.from_rank,
        "first_price": price,
        "shows_read": found.shows_read,
        "shows_typing": found.shows_typing,
        "shows_online": found.shows_online,
    }
    return page(PAGE, form=_form(formdata=None, data=chosen))


@bp.post("/settings/messages")
@guard(Access.SIGNED_IN)
def choose() -> Response:
    person = signed_in_viewer()
    form = _form()
    if not form.validate():
        return form_page(PAGE, form=form)
    choosing.choose(person.id, form.choice)
    flash("Saved.", "good")
    return see("/settings/messages")


def _form(**options: Any) -> ChatSettingsForm:
    me = signed_in_viewer().id
    currency, tiers = queries_talk.shop_of(me)
    if kept := queries_talk.settings_of(me).from_rank:
        # Of a tier that is archived: without it the browser would show, and send, the first one.
        tiers.setdefault(kept, "As before")
    return ChatSettingsForm(currency, tiers, **options)
