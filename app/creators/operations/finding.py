"""What the directory and the search find a creator by, and links to them show, kept beside their page."""

from sqlalchemy import ColumnElement, func

from app.accounts.models import User
from app.creators import sharing
from app.creators.categories import BY_SLUG
from app.creators.models import Creator
from app.extensions import db
from app.kit.trigrams import trigrams
from app.platform import share_cards


def refresh_words(creator: Creator, user: User) -> None:
    """After every change of the page, of the name and of the handle."""
    shelves = " ".join(BY_SLUG[slug].label for slug in creator.categories if slug in BY_SLUG)
    name = f"{user.display_name} {user.handle}"
    weighed = (
        _weighed(f"{name} {user.handle.replace('_', ' ')}", "A"),
        _weighed(f"{creator.headline} {shelves}", "B"),
        _weighed(creator.about, "C"),
    )
    creator.words = weighed[0].op("||")(weighed[1]).op("||")(weighed[2])
    creator.trigrams = trigrams(name)
    share_cards.redraw(sharing.KIND, creator.id)


def looks_changed(user: User) -> None:
    creator = db.session.get(Creator, user.id)
    if creator is not None:
        refresh_words(creator, user)


def _weighed(text: str, weight: str) -> ColumnElement[str]:
    return func.setweight(func.to_tsvector("simple", text), weight)
