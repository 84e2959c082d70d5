"""What is marked 18+ asks once in a browser before it shows itself. Whose age we know, we do not believe."""

from dataclasses import replace
from uuid import UUID

from flask import session as cookie
from werkzeug.wrappers import Response

from app.accounts import ages
from app.entitlements.rules import Closed, Decision, Outcome
from app.platform.guards import Access, guard
from app.platform.pages import page, see
from app.platform.viewer import viewer
from app.posts.card import Card, Seen
from app.posts.queries_page import OpenPost, find_post
from app.posts.views import bp
from app.posts.views.sharing import share_tags

ADULT = "adult"
NOBODY = "nobody"


def has_to_ask(post: OpenPost) -> bool:
    return post.card.adult and post.seen.open and not post.seen.mine and not confirmed()


def shut(card: Card, seen: Seen) -> Seen:
    """As a list shows it to whoever has not been asked."""
    if not card.adult or seen.mine or not seen.open or confirmed():
        return seen
    return replace(seen, decision=Decision(Outcome.LOCKED, Closed.AGE))


def confirmed() -> bool:
    """In this browser, by whoever looks."""
    return cookie.get(ADULT) == _who()


def ask(post: OpenPost, *, too_young: bool = False) -> Response:
    return page(
        "posts/adult.html",
        status=403 if too_young else 200,
        card=post.card,
        too_young=too_young,
        page_meta=share_tags(post.card),
    )


@bp.post("/posts/<uuid:post_id>/adult")
@guard(Access.ANYONE)
def confirm_adult(post_id: UUID) -> Response:
    person = viewer()
    post = find_post(post_id, person.id if person else None)
    if person and ages.is_minor(person.id):
        return ask(post, too_young=True)
    remember()
    return see(post.card.href)


def remember() -> None:
    """In this browser they said that they are grown up."""
    cookie[ADULT] = _who()


def _who() -> str:
    """One who said so does not say it for the next who signs in."""
    person = viewer()
    return person.id.hex if person else NOBODY
