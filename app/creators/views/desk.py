"""What the pages of the dashboard share: whose they are, and the doors between them."""

from flask import Flask
from werkzeug.wrappers import Response

from app.creators import queries
from app.creators.errors import NoPage
from app.creators.models import Creator
from app.kit.money import readable
from app.platform import navigation
from app.platform.navigation import Door, ShownDoor, add_door
from app.platform.pages import see
from app.platform.viewer import Role, signed_in_viewer, viewer

HOME, START = "/dashboard", "/creators/start"


def init_app(app: Flask) -> None:
    app.register_error_handler(NoPage, to_the_start)
    app.jinja_env.globals.update(desk_doors=doors)
    app.jinja_env.filters.update(money=readable)
    for place in ("rail", "tabs"):
        add_door(app, place, Door("Dashboard", "bar-chart", HOME, 60, Role.CREATOR))
    add_door(app, "settings", Door("Creator page", "star", START, 45))
    for door in (
        Door("Overview", "bar-chart", HOME, 10, Role.CREATOR),
        Door("Page", "edit", f"{HOME}/page", 40, Role.CREATOR),
        Door("Tiers", "star", f"{HOME}/tiers", 50, Role.CREATOR),
        Door("People", "users", f"{HOME}/people", 60, Role.CREATOR),
    ):
        add_door(app, "dashboard", door)


def doors() -> list[ShownDoor]:
    return navigation.doors("dashboard", viewer())


def own_page() -> Creator:
    creator = queries.find_creator(signed_in_viewer().id)
    if creator is None:
        raise NoPage
    return creator


def to_the_start(_: NoPage) -> Response:
    return see(START)
