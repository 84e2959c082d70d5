"""What a creator's page shows of their posts: the posts themselves, and a wall of their media."""

from flask import Flask, after_this_request, render_template
from markupsafe import Markup

from app.creators import tabs
from app.creators.tabs import Tab, Visit
from app.platform.navigation import Door, add_door
from app.posts import cards, queries_feed
from app.posts.cards import Look
from app.posts.queries_feed import Of
from app.posts.views import adults
from app.posts.views.lists import Asked, remember, ways


def init_app(app: Flask) -> None:
    tabs.register(app, Tab("posts", "Posts", 10, posts_tab, count=lambda creator: creator.posts))
    tabs.register(app, Tab("media", "Media", 20, media_tab))
    for place in ("rail", "tabs"):
        add_door(app, place, Door("Feed", "feed", "/feed", 10))
    add_door(app, "settings", Door("Feeds", "music", "/settings/feeds", 60))


def posts_tab(visit: Visit) -> Markup:
    asked = Asked.of(visit.href, visit.args)
    return _tab(visit, asked, Of.BELOW if asked.before else Of.FRONT, Look.CARD)


def media_tab(visit: Visit) -> Markup:
    return _tab(visit, Asked.of(visit.href, visit.args), Of.MEDIA, Look.TILE)


def _tab(visit: Visit, asked: Asked, of: Of, look: Look) -> Markup:
    lines = queries_feed.by_creator(visit.viewer_id, visit.creator.id, of, asked.stretch)
    found = ways(asked, lines)
    after_this_request(lambda answer: remember(answer, found))
    # Signed out, the page is the same for all.
    adult = adults.confirmed if visit.viewer_id else lambda: False
    shown = cards.shown([*lines.above, *lines.found], visit.viewer_id, adult, look)
    return Markup(  # noqa: S704 - rendered by our template
        render_template(
            "posts/_creator_tab.html",
            creator=visit.creator,
            look=look.value,
            above=[shown[line.id] for line in lines.above if line.id in shown],
            cards=[shown[line.id] for line in lines.found if line.id in shown],
            ways=found,
        )
    )
