"""Whether one wants to hear what a creator tells everybody."""

from uuid import UUID

from flask import flash
from werkzeug.wrappers import Response

from app.broadcasts import queries_people
from app.broadcasts.forms import NewsForm
from app.broadcasts.operations import quieting
from app.broadcasts.views import bp
from app.chat import queries_talk
from app.platform.guards import Access, guard
from app.platform.pages import page, see
from app.platform.viewer import signed_in_viewer

PAGE, SHEET, ADDRESS = "broadcasts/news.html", "broadcasts/_news_sheet.html", "/messages/<uuid:talk_id>/news"


@bp.get(ADDRESS)
@guard(Access.SIGNED_IN)
def news(talk_id: UUID) -> Response:
    talk = queries_talk.find_talk(talk_id, signed_in_viewer().id)
    wanted = not queries_people.wants_no_news(talk.me, talk.other.id)
    return page(PAGE, partial=SHEET, talk=talk, form=NewsForm(formdata=None, data={"news": wanted}))


@bp.post(ADDRESS)
@guard(Access.SIGNED_IN)
def choose_news(talk_id: UUID) -> Response:
    talk, form = queries_talk.find_talk(talk_id, signed_in_viewer().id), NewsForm()
    wanted = bool(form.news.data)
    quieting.quiet(talk.me, talk.other.id, on=not wanted)
    name = talk.other.display_name
    flash(f"News from {name} come again." if wanted else f"No more news from {name}.", "good")
    return see(talk.href)
