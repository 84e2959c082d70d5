"""The directory of creators, and the search."""

from urllib.parse import urlencode

from flask import Blueprint, Flask, render_template
from htmx_flask import request
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.creators import queries_directory, searching
from app.creators.categories import BY_SLUG, CATEGORIES
from app.creators.queries_directory import Place, Sort
from app.creators.queries_search import find_creators
from app.creators.searching import Question, Section
from app.kit.figures import in_short
from app.platform import front, limits
from app.platform.guards import Access, guard
from app.platform.navigation import Door, add_door
from app.platform.pages import page
from app.platform.sharing import same_for_strangers
from app.platform.viewer import viewer
from app.platform.web import is_htmx

bp = Blueprint("directory", __name__)

HOME = "/creators"
LABELS = {Sort.POPULAR: "Popular", Sort.ACTIVE: "Active", Sort.NEW: "New"}
SUGGESTIONS = 6


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    app.jinja_env.globals.update(search_href=searching.HOME, category_of=BY_SLUG.get)
    app.jinja_env.filters.update(in_short=in_short)
    front.add_to_landing(app, "creators", lambda: queries_directory.popular(None, SUGGESTIONS))
    searching.register(app, Section("creators", 10, _creators))
    for place in ("rail", "tabs"):
        add_door(app, place, Door("Discover", "compass", HOME, 20))


@bp.get("/creators")
@guard(Access.ANYONE)
def directory() -> Response:
    person, sort, category = viewer(), _sort(), _category()
    before = Place.read(request.args.get("before"), sort)
    same_for_strangers()
    found = queries_directory.directory(person.id if person else None, sort, category, before)
    return page(
        "creators/directory.html",
        partial="creators/_directory_page.html",
        entries=found.entries,
        older=_address(sort, category, found.after) if found.after else None,
        first=_address(sort, category) if before else None,
        category=BY_SLUG.get(category or ""),
        categories=[(one, _address(sort, one.slug)) for one in CATEGORIES],
        everything=_address(sort, None),
        sorts=[(label, _address(one, category), one is sort) for one, label in LABELS.items()],
        page_meta={
            "title": f"{BY_SLUG[category].label} creators" if category else "Creators",
            "description": "Find people whose work you want to follow.",
        },
    )


@bp.get("/search")
@guard(Access.ANYONE)
def search() -> Response:
    person = viewer()
    after = searching.Place.read(request.args.get("after"))
    question = Question.typed(request.args.get("q", ""), person.id if person else None, after)
    sections = []
    if question.text:
        limits.take("search", limits.asker())
        sections = searching.search(question, request.args.get("section") if after else None)
    return page(
        "search.html",
        partial="_search_more.html" if after else None,
        question=question.text,
        beginning=question.address if after else None,
        sections=sections,
        categories=[(one, _address(Sort.POPULAR, one.slug)) for one in CATEGORIES],
        suggestions=[] if sections else queries_directory.popular(question.viewer_id, SUGGESTIONS),
        page_meta={"title": f"Search: {question.text}" if question.text else "Search", "robots": "noindex"},
    )


def _creators(question: Question) -> Markup | None:
    entries, after = find_creators(question)
    if not entries:
        return None
    more = question.onwards("creators", after) if after else None
    name = "creators/_search_creators_page.html" if is_htmx() else "creators/_search_creators.html"
    return Markup(render_template(name, entries=entries, more=more))  # noqa: S704 - escaped there


def _sort() -> Sort:
    wanted = request.args.get("sort", "")
    return Sort(wanted) if wanted in set(Sort) else Sort.POPULAR


def _category() -> str | None:
    wanted = request.args.get("category", "")
    return wanted if wanted in BY_SLUG else None


def _address(sort: Sort, category: str | None, before: Place | None = None) -> str:
    said = {"sort": sort.value} if sort is not Sort.POPULAR else {}
    said |= {"category": category} if category else {}
    said |= {"before": str(before)} if before else {}
    return f"{HOME}?{urlencode(said)}" if said else HOME
