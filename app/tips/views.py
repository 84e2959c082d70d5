"""Giving a tip, being thanked for it, and reading what others gave."""

from uuid import UUID

from flask import Blueprint, Flask
from htmx_flask import request
from werkzeug.wrappers import Response

from app.creators.views.desk import own_page
from app.platform.guards import Access, guard
from app.platform.navigation import Door, add_door
from app.platform.pages import page
from app.platform.viewer import Role, signed_in_viewer
from app.posts.places import Place
from app.tips import giving_pages, queries

bp = Blueprint("tips", __name__)
THANKS, LIST = "tips/thanks.html", "tips/received.html"
RECEIVED = "/dashboard/tips"


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    add_door(app, "dashboard", Door("Tips", "tip", RECEIVED, 57, Role.CREATOR))


@bp.get("/@<handle>/tip")
@guard(Access.SIGNED_IN)
def ask_creator(handle: str) -> Response:
    return giving_pages.ask(queries.on_creator(handle, signed_in_viewer().id))


@bp.post("/@<handle>/tip")
@guard(Access.SIGNED_IN)
def tip_creator(handle: str) -> Response:
    return giving_pages.give(queries.on_creator(handle, signed_in_viewer().id))


@bp.get("/posts/<uuid:post_id>/tip")
@guard(Access.SIGNED_IN)
def ask_post(post_id: UUID) -> Response:
    return giving_pages.ask(queries.on_post(post_id, signed_in_viewer().id))


@bp.post("/posts/<uuid:post_id>/tip")
@guard(Access.SIGNED_IN)
def tip_post(post_id: UUID) -> Response:
    return giving_pages.give(queries.on_post(post_id, signed_in_viewer().id))


@bp.get("/tips/<uuid:tip_id>")
@guard(Access.SIGNED_IN)
def thanks(tip_id: UUID) -> Response:
    tip, creator = queries.given(tip_id, signed_in_viewer().id)
    return page(THANKS, tip=tip, creator=creator)


@bp.get(RECEIVED)
@guard(Access.CREATOR)
def received() -> Response:
    creator = own_page()
    after = Place.read(request.args.get("after"))
    tips, older = queries.received(creator.id, after)
    return page(
        LIST,
        tips=tips,
        totals=queries.totals(creator.id),
        older=older,
        paged=after is not None,
    )
