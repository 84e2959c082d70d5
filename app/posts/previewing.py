"""A post as others will see it, before they do: with what is typed, and what they would hold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from markupsafe import Markup

from app.creators.models import Tier
from app.entitlements.rules import Audience, Holding, Kind, judge
from app.kit import clock
from app.media.shown import Described
from app.posts import rendering
from app.posts.card import Card, Opener, Seen
from app.posts.content import Content


@dataclass(frozen=True, slots=True)
class Eyes:
    """Somebody who might look, and what they would hold."""

    name: str
    label: str
    holdings: tuple[Holding, ...] = ()


def all_eyes(card: Card, tiers: Sequence[Tier]) -> list[Eyes]:
    creator = card.creator.id
    return [
        Eyes("public", "Everybody"),
        Eyes("follower", "Followers", (Holding(creator, Kind.FOLLOW),)),
        *(
            Eyes(f"tier-{tier.rank}", tier.name, (Holding(creator, Kind.SUBSCRIPTION, tier.rank, tier.name),))
            for tier in tiers
        ),
        *([Eyes("buyer", "Whoever bought it", (Holding(card.id, Kind.PURCHASE),))] if card.price else []),
    ]


def as_typed(
    card: Card, content: Content, media: Sequence[Described], tiers: Sequence[Tier], handles: set[str]
) -> Card:
    """`card` is what is stored of the post."""
    rendered = rendering.render(content, handles)
    living = (tier for tier in tiers if tier.archived_at is None)
    opening = next((tier for tier in living if tier.rank >= content.rank), None)
    for_tier = opening if content.audience is Audience.SUBSCRIBERS else None
    return replace(
        card,
        title=content.title,
        body_html=Markup(rendered.html),  # noqa: S704 - sanitised by the renderer
        goes_on=False,
        teaser=rendered.teaser,
        media=media,
        link=content.link,
        poll=False,
        audience=content.audience,
        rank=content.rank,
        price=content.price,
        tier=Opener(str(for_tier.id), for_tier.name, for_tier.price, for_tier.currency) if for_tier else None,
        adult=content.adult,
        published_at=card.published_at or clock.now(),
    )


def seen_with(card: Card, eyes: Eyes, author_id: UUID) -> Seen:
    """Decided as for them; the addresses of media are the author's, who alone may have them."""
    decision = judge(card.lock, None, eyes.holdings)
    return Seen(card.id, decision, liked=False, kept=False, viewer_id=author_id, mine=False)
