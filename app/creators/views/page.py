"""A creator's page, `/@handle`, and its tabs."""

from typing import Any
from uuid import UUID

from flask import Flask, render_template
from htmx_flask import request
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.accounts import homes, queries
from app.accounts.models import User
from app.creators import sharing, tabs
from app.creators.categories import BY_SLUG
from app.creators.queries_page import find_page
from app.creators.shown import Shown
from app.creators.tabs import Tab, Visit
from app.creators.views import bp
from app.platform import share_cards
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.pages import page, see_for_good
from app.platform.settings import settings
from app.platform.sharing import same_for_strangers
from app.platform.viewer import Role, viewer

DESCRIPTION = 200


def init_app(app: Flask) -> None:
    homes.add(home)
    tabs.register(app, Tab("about", "About", 80, about))


def home(person: User) -> Response | None:
    """What `/@handle` shows when somebody has a page."""
    shown = find_page(person, _viewer_id(), deciding=True)
    return creator_page(shown, tabs.tabs()[0]) if shown else None


@bp.get("/@<handle>/<name>")
@guard(Access.ANYONE)
def tab(handle: str, name: str) -> Response:
    person, _ = queries.find_by_handle(handle, states=homes.STATES)
    found = next((one for one in tabs.tabs()[1:] if one.name == name), None)
    if person is None or found is None:
        raise NotFound
    if person.state == "active" and handle != person.handle:
        return see_for_good(f"/@{person.handle}/{name}")
    shown = find_page(person, _viewer_id(), deciding=True)
    if shown is None:
        raise NotFound
    return creator_page(shown, found)


def creator_page(creator: Shown, chosen: Tab) -> Response:
    every = tabs.tabs()
    hrefs = {one.name: creator.href if one is every[0] else f"{creator.href}/{one.name}" for one in every}
    same_for_strangers()
    content = chosen.show(Visit(creator, _viewer_id(), hrefs[chosen.name], request.args))
    return page(
        "creators/page.html",
        partial="creators/_tab.html",
        creator=creator,
        content=content,
        tabs_shown=[
            {
                "label": one.label,
                "href": hrefs[one.name],
                "active": one is chosen,
                "count": one.count(creator) if one.count else None,
            }
            for one in every
        ],
        tab=chosen,
        categories=[BY_SLUG[slug] for slug in creator.categories if slug in BY_SLUG],
        may_block=_may_block(creator),
        page_meta=share_tags(creator),
    )


def share_tags(creator: Shown) -> dict[str, Any]:
    """For those who were sent the link, whoever they are."""
    origin = settings().base_url
    words = creator.headline or " ".join(creator.about_html.striptags().split())[:DESCRIPTION]
    return {
        "title": f"{creator.display_name} (@{creator.handle})",
        "description": words or f"{creator.display_name} on {settings().site_name}",
        "url": origin + creator.href,
        "type": "profile",
        "image": origin + share_cards.address(sharing.KIND, creator.id, sharing.card(creator)),
        "robots": "noindex" if creator.adult or creator.state != "open" else None,
    }


def about(visit: Visit) -> Markup:
    html = render_template("creators/_about.html", creator=visit.creator)
    return Markup(html)  # noqa: S704 - escaped there


def _may_block(creator: Shown) -> bool:
    person = viewer()
    return person is not None and Role.CREATOR in person.roles and not creator.mine


def _viewer_id() -> UUID | None:
    person = viewer()
    return person.id if person else None
