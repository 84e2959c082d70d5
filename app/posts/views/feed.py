"""What the creators whom somebody follows have published, newest first, a page at a time."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from htmx_flask import request
from werkzeug.wrappers import Response

from app.kit import chance
from app.platform.guards import Access, guard
from app.platform.pages import page, partial
from app.platform.shells import page_in_shell
from app.platform.templating import fragment
from app.platform.viewer import signed_in_viewer
from app.platform.web import is_htmx
from app.posts import cards, queries_feed
from app.posts.places import Place
from app.posts.queries_feed import PAGE, Show
from app.posts.views import adults, bp
from app.posts.views.lists import Asked, remember, ways

NOTHING_NEW = 204
# Not all readers of a creator ask in the same moment.
SPREAD_MS = 2_000
LABELS = {Show.ALL: "All", Show.SUBSCRIBED: "Subscribed", Show.MEDIA: "Media"}


@bp.get("/feed")
@guard(Access.SIGNED_IN)
def feed() -> Response:
    person, args = signed_in_viewer(), request.args.to_dict()
    show = _show(args)
    asked = _asked(show, args)
    lines = queries_feed.feed(person.id, show, asked.stretch)
    found = ways(asked, lines)
    shown = cards.shown(lines.found, person.id, adults.confirmed).values()
    if is_htmx():
        return remember(partial("posts/_feed_page.html", cards=shown, ways=found), found)
    about: dict[str, Any] = {"show": show.value, "tabs": _tabs(show), "newest": found.newest}
    if not (shown or found.older):
        new_here = asked.at_top and show is Show.ALL and not lines.found
        popular = queries_feed.discovery(person.id) if new_here else []
        return page("posts/feed.html", discovery=popular, **about)
    late = {
        "posts": fragment("posts/_feed_page.html", cards=shown, ways=found),
        "news": asked.address({"than": found.first}, "/feed/news"),
        "spread": str(chance.below(SPREAD_MS)),
    }
    return page_in_shell("posts/feed.html", late, **about)


@bp.get("/feed/news")
@guard(Access.SIGNED_IN)
def news() -> Response:
    """Asked again and again by open pages: how many posts came since theirs."""
    args = request.args.to_dict()
    than, show = Place.read(args.get("than")), _show(args)
    count = queries_feed.newer(signed_in_viewer().id, show, than) if than else 0
    if not count:
        return Response(status=NOTHING_NEW)
    return partial("posts/_news.html", count=count, most=PAGE, href=_asked(show, {}).address())


def _show(args: Mapping[str, str]) -> Show:
    wanted = args.get("show", "")
    return Show(wanted) if wanted in set(Show) else Show.ALL


@cache
def _tabs(shown: Show) -> tuple[tuple[str, str, bool], ...]:
    return tuple((label, _asked(one, {}).address(), one is shown) for one, label in LABELS.items())


def _asked(show: Show, args: Mapping[str, str]) -> Asked:
    return Asked.of("/feed", args, **({"show": show.value} if show is not Show.ALL else {}))
