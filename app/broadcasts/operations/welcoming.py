"""What newcomers hear, once: of a creator's page, or of the tier that they joined."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.broadcasts import queries, queries_people
from app.broadcasts.models import Welcomed, WelcomeMessage
from app.broadcasts.operations import sending
from app.chat import words
from app.chat.operations import spreading
from app.chat.operations.spreading import Words
from app.creators.models import Tier
from app.extensions import db
from app.kit import clock
from app.moderation import screening
from app.platform import audit, work
from app.platform.audit import Action
from app.subscriptions.models import Subscription

FOLLOWER_WORK = "broadcasts.welcome_follower"
OF_PAGE, OF_TIER = "page", "tier"


def choose(creator_id: UUID, text: str, *, to_followers: bool) -> None:
    """Without words only tiers have some."""
    screening.screen("welcome", creator_id, text)
    chosen = {"sealed_words": words.seal(text) if text else None, "to_followers": to_followers}
    row = insert(WelcomeMessage).values(creator_id=creator_id, **chosen)
    db.session.execute(row.on_conflict_do_update(index_elements=["creator_id"], set_=chosen))
    audit.record(Action.WELCOME_CHANGED, actor=creator_id, subject=("user", creator_id))


def followed(user_id: UUID, creator_id: UUID) -> None:
    """In the transaction of who follows: the rest is work."""
    chosen = queries.welcome_of(creator_id)
    if chosen is not None and chosen.to_followers and chosen.sealed_words:
        payload = {"user_id": str(user_id), "creator_id": str(creator_id)}
        work.enqueue(FOLLOWER_WORK, payload, unique_key=f"{FOLLOWER_WORK}:{creator_id}:{user_id}")


def welcome_follower(user_id: UUID, creator_id: UUID) -> None:
    """Who subscribed, and follows by that, is welcomed as a subscriber."""
    chosen = queries.welcome_of(creator_id)
    if chosen is None or not chosen.to_followers or not chosen.sealed_words:
        return
    if not queries_people.subscribes(user_id, creator_id):
        _welcome(creator_id, user_id, OF_PAGE, chosen.sealed_words)


def welcome_subscriber(subscription_id: UUID) -> None:
    """By the words of their tier, where it has some."""
    found = db.session.get_one(Subscription, subscription_id)
    tier = db.session.get(Tier, found.tier_id) if found.tier_id else None
    chosen = queries.welcome_of(found.creator_id)
    if tier is not None and tier.welcome:
        _welcome(found.creator_id, found.user_id, OF_TIER, words.seal(tier.welcome))
    elif chosen is not None and chosen.sealed_words:
        _welcome(found.creator_id, found.user_id, OF_PAGE, chosen.sealed_words)


def _welcome(creator_id: UUID, user_id: UUID, words_of: str, sealed: str) -> None:
    """Whom it cannot reach now it does not reach later: nobody is welcomed after weeks."""
    row = insert(Welcomed).values(
        creator_id=creator_id, user_id=user_id, words_of=words_of, created_at=clock.now()
    )
    first = db.session.execute(row.on_conflict_do_nothing().returning(Welcomed.user_id)).first()
    if first is not None and sending.may_still_tell(creator_id):
        spreading.spread(creator_id, [user_id], Words(sealed, key=f"welcome:{words_of}"))
