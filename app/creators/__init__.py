"""Creators' pages, tiers, and who follows whom."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.accounts import appearance, portraits, standing
    from app.creators import personal, pictures, sharing, telling, views
    from app.creators.operations import finding, pages
    from app.creators.views import directory
    from app.platform import share_cards

    personal.init_app(app)
    views.init_app(app)
    directory.init_app(app)
    telling.init_app(app)
    share_cards.register(app, sharing.KIND, sharing.find_card)
    appearance.on_changed(finding.looks_changed)
    standing.on_role_taken(pages.role_taken)
    portraits.keep_in(pictures.OWN, lambda avatar: pictures.address(avatar, "square96"))
