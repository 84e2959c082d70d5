"""Who may write to one, and what others see of one's reading and typing."""

from flask import flash
from werkzeug.wrappers import Response

from app.chat import queries_talk
from app.chat.forms import ChatSettingsForm
from app.chat.operations import choosing
from app.chat.views import bp
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer

PAGE = "messages/settings.html"


@bp.get("/settings/messages")
@guard(Access.SIGNED_IN)
def chosen() -> Response:
    found = queries_talk.settings_of(signed_in_viewer().id)
    return page(PAGE, form=ChatSettingsForm(formdata=None, obj=found))


@bp.post("/settings/messages")
@guard(Access.SIGNED_IN)
def choose() -> Response:
    form = ChatSettingsForm()
    if not form.validate():
        return form_page(PAGE, form=form)
    choosing.choose(
        signed_in_viewer().id,
        messages_from=form.messages_from.data,
        shows_read=form.shows_read.data,
        shows_typing=form.shows_typing.data,
    )
    flash("Saved.", "good")
    return see("/settings/messages")
