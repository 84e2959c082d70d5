"""One engine that answers: may this person open this, why, and what would open it."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.creators import hiding, ties
    from app.entitlements import personal, wiring
    from app.entitlements.operations import grants

    ties.on_followed(wiring.open_to_follower)
    ties.on_unfollowed(wiring.close_to_follower)
    ties.on_blocked(wiring.close_to_blocked)
    ties.on_unblocked(wiring.open_to_unblocked)
    ties.on_reranked(grants.rerank)
    hiding.hide_where(wiring.hides_page)
    hiding.let_in_where(wiring.lets_in)
    personal.init_app(app)
