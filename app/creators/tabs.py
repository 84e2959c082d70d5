"""The tabs of a creator's page. Whoever has something to show there adds it, in its `init_app`:

    tabs.register(app, Tab("posts", "Posts", 10, posts_tab, count=lambda creator: creator.posts))

    def posts_tab(visit: Visit) -> Markup:
        return Markup(render_template("posts/_creator_posts.html", ...))

The one with the lowest order stands at `/@handle`, each other at `/@handle/<name>`; `visit.href` is the
address of the tab itself. A request of htmx to that address gets what the tab renders and nothing around
it, so "Older" is a link to `?before=...` there, with htmx or without (`visit.args`). The page and its person
take two of the four statements that a creator's page may send: a tab has the other two. `count` sends none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from flask import Flask, current_app
from markupsafe import Markup

from app.creators.shown import Shown

PLACE = "fanlight.creator_tabs"


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody looks at a tab of somebody's page."""

    creator: Shown
    viewer_id: UUID | None
    href: str
    # What stands behind the question mark of the address.
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    label: str
    order: int
    show: Callable[[Visit], Markup]
    count: Callable[[Shown], int | None] | None = None


def register(app: Flask, tab: Tab) -> None:
    """The later one of the same name takes the place of the earlier."""
    app.extensions.setdefault(PLACE, {})[tab.name] = tab


def tabs() -> list[Tab]:
    known: dict[str, Tab] = current_app.extensions.get(PLACE, {})
    return sorted(known.values(), key=lambda tab: tab.order)
