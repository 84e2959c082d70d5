"""What a post's page tells those who were sent its link, whoever they are."""

from typing import Any

from app.entitlements.rules import Audience
from app.kit.text import shortened
from app.platform import share_cards
from app.platform.settings import settings
from app.posts import sharing
from app.posts.card import Card

DESCRIPTION = 200


def share_tags(card: Card) -> dict[str, Any]:
    """Nothing that is not open to everybody."""
    origin = settings().base_url
    everybodys = card.audience is Audience.PUBLIC and not card.adult
    words = card.body_html.striptags() if everybodys else card.teaser
    return {
        "title": card.title or f"{card.creator.display_name}, a post",
        "description": shortened(" ".join(words.split()), DESCRIPTION)
        or f"A post by {card.creator.display_name}",
        "url": f"{origin}{card.href}",
        "type": "article",
        "image": origin + share_cards.address(sharing.KIND, card.id, sharing.card(card)),
        "robots": None if everybodys else "noindex",
    }
