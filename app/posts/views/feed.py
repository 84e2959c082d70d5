"""What the creators whom somebody follows have published, newest first, a page at a time."""

from htmx_flask import request
from werkzeug.wrappers import Response

from app.platform.guards import Access, guard
from app.platform.pages import page, partial
from app.platform.viewer import signed_in_viewer
from app.posts import cards, queries_feed
from app.posts.places import Place
from app.posts.queries_feed import PAGE, Show
from app.posts.views import adults, bp
from app.posts.views.lists import Asked, remember, ways

NOTHING_NEW = 204
LABELS = {Show.ALL: "All", Show.SUBSCRIBED: "Subscribed", Show.MEDIA: "Media"}


@bp.get("/feed")
@guard(Access.SIGNED_IN)
def feed() -> Response:
    person, show = signed_in_viewer(), _show()
    asked = _asked(show)
    lines = queries_feed.feed(person.id, show, asked.stretch)
    found = ways(asked, lines)
    new_here = asked.at_top and show is Show.ALL and not lines.found
    answer = page(
        "posts/feed.html",
        partial="posts/_feed_page.html",
        cards=cards.shown(lines.found, person.id, adults.confirmed).values(),
        ways=found,
        news=asked.address({"than": found.first}, "/feed/news"),
        tabs=[(label, _asked(one).address(), one is show) for one, label in LABELS.items()],
        show=show.value,
        discovery=queries_feed.discovery(person.id) if new_here else [],
    )
    return remember(answer, found)


@bp.get("/feed/news")
@guard(Access.SIGNED_IN)
def news() -> Response:
    """Asked again and again by open pages: how many posts came since theirs."""
    than, show = Place.read(request.args.get("than")), _show()
    count = queries_feed.newer(signed_in_viewer().id, show, than) if than else 0
    if not count:
        return Response(status=NOTHING_NEW)
    return partial("posts/_news.html", count=count, most=PAGE, href=_asked(show).address())


def _show() -> Show:
    wanted = request.args.get("show", "")
    return Show(wanted) if wanted in set(Show) else Show.ALL


def _asked(show: Show) -> Asked:
    return Asked.of("/feed", request.args, **({"show": show.value} if show is not Show.ALL else {}))
