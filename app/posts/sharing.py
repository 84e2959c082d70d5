"""What stands for a post where its link is shared: of a locked one, its title and its teaser."""

from uuid import UUID

from flask import Flask

from app.entitlements.rules import Audience
from app.platform import share_cards
from app.platform.errors import NotFound
from app.platform.share_cards import ShareCard, picture_key
from app.posts.card import Card
from app.posts.queries_page import find_post

KIND, LINE = "post", 160


def init_app(app: Flask) -> None:
    share_cards.register(app, KIND, find_card)


def card(post: Card) -> ShareCard:
    everybodys, author = post.audience is Audience.PUBLIC and not post.adult, post.creator
    words = post.body_html.striptags() if everybodys else post.teaser
    shown = next((one for one in post.media if one["public"] and everybodys), None)
    return ShareCard(
        title=post.title or author.display_name,
        line=" ".join(words.split())[:LINE],
        name=author.display_name,
        handle=author.handle,
        hue=author.avatar_hue,
        avatar=picture_key(author.avatar, "square256", "square96"),
        picture=picture_key(shown, "w800", "poster", "w1600", "w320"),
    )


def find_card(post_id: UUID) -> ShareCard | None:
    try:
        return card(find_post(post_id, None).card)
    except NotFound:
        return None
