"""Things that happen, and what somebody is told of them, as tests need it."""

from collections.abc import Iterable
from typing import Any

from flask import Flask

from app.extensions import db
from app.notifications import jobs
from app.notifications.models import Notification, NotificationDelivery
from app.notifications.operations.telling import tell
from app.platform import work
from app.platform.transaction import transaction
from tests.factories.people import Person
from tests.factories.post import letters
from tests.page_client import Page, PageClient

HOME, SETTINGS = "/notifications", "/settings/notifications"
RHYTHM = f"{SETTINGS}/rhythm"
FOG = "“Fog”"


def likes(app: Flask, who: Person, creator: Person, post: str = "post:1", title: str = FOG) -> None:
    happens(app, "liked", who, creator, post, title)


def comments(app: Flask, who: Person, creator: Person, post: str = "post:1", title: str = FOG) -> None:
    happens(app, "commented", who, creator, post, title)


def happens(app: Flask, event: str, who: Person, to: Person, subject: str, title: str = FOG) -> None:
    with app.app_context(), transaction():
        tell(event, to=to.id, subject=subject, href="/feed", actor=who.id, words={"post": title})


def lines_of(app: Flask, person: Person) -> list[Notification]:
    """The oldest first."""
    with app.app_context():
        theirs = db.session.query(Notification).filter_by(user_id=person.id)
        return list(theirs.order_by(Notification.id))


def deliveries_of(app: Flask, person: Person) -> list[NotificationDelivery]:
    with app.app_context():
        theirs = db.session.query(NotificationDelivery).filter_by(user_id=person.id)
        return list(theirs.order_by(NotificationDelivery.id))


def states_of(app: Flask, person: Person) -> list[tuple[str, str, str]]:
    return [(one.channel, one.state, one.reason) for one in deliveries_of(app, person)]


def deliver(app: Flask) -> None:
    """As the clock asks for it, and the worker does it."""
    with app.app_context():
        jobs.ask_for_what_is_due()
        work.drain()


def mails_to(app: Flask, person: Person) -> list[str]:
    """The subjects of those that tell what happened, once what is due has gone out."""
    deliver(app)
    return [letter.subject for letter in letters(app, person.email, "notice")]


def told(client: PageClient, path: str = HOME) -> list[str]:
    """The lines of the page, without their times."""
    shown = client.get(path).soup.select(".notice-words")
    for time in [time for one in shown for time in one.select(".soft, .sr")]:
        time.decompose()
    return [" ".join(one.get_text().split()) for one in shown]


def turn(client: PageClient, on: Iterable[str] = (), off: Iterable[str] = ()) -> Page:
    """By names of switches: "likes.mail"."""
    page = client.get(SETTINGS)
    form = page.form(SETTINGS)
    names = [str(field["value"]) for field in page.soup.select("input[name=shown]")]
    checked = {str(box["value"]) for box in page.soup.select("input[name=on][checked]")}
    wanted = sorted(checked - set(off) | set(on))
    return client.post(form.action, form.fields | {"shown": names, "on": wanted})


def choose(client: PageClient, **wish: Any) -> Page:
    """When one is written to."""
    return client.send(client.get(SETTINGS).form(RHYTHM), **wish)
