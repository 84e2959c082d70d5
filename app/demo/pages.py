"""The creators' pages, their tiers, and who follows and pays whom."""

import math
from collections.abc import Collection
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from app.accounts.models import User
from app.creators.models import Creator, Follow, Tier
from app.creators.operations.finding import refresh_words
from app.demo import people, texts, ties
from app.demo.texts import PageText
from app.entitlements.models import Grant
from app.entitlements.operations import grants
from app.entitlements.operations.grants import Extent
from app.entitlements.rules import Kind
from app.extensions import db
from app.kit import markdown
from app.kit.ids import new_id

# Slugs of a second shelf, where a page stands on two.
ALSO = {
    "rockpool_rita": "nature", "mossy_maren": "nature", "petra_north": "travel", "amara_streets": "travel",
    "loom_and_code": "craft", "wren_zines": "craft", "tam_harbours": "art", "dr_sundaram": "learning",
    "slow_miles": "nature", "tiny_compilers": "learning", "marsh_lights": "art", "raj_monsoon": "travel",
    "okuku_nights": "writing", "june_paperworks": "craft", "selam_walks": "nature", "matts_maps": "learning",
}  # fmt: skip
# Their gated pictures carry the handle of whoever opened them: patterns are easily passed on.
MARKING = {"loom_and_code"}
LINKS = [
    {"label": "Prints and postcards", "url": "https://example.com/cleo-marsh"},
    {"label": "Exhibition in spring", "url": "https://example.org/windows"},
]
OF_TIER = {
    1: (
        "Every post for subscribers, on the day it is made.",
        "All posts for subscribers, and my thanks in a quiet voice.",
        "What is not finished yet, and the notes that go with it.",
        "You keep the kettle on. In return: everything marked for subscribers.",
    ),
    2: (
        "All of the above, the long versions, and a say in what comes next.",
        "The above, the things that did not work, and why.",
        "Everything, with sources, sketches and the full-size files.",
        "The above, and a letter by post once in every season.",
    ),
    3: (
        "For those who want to come into the workshop: everything, first, and twice a year in person.",
        "All of it, and one original a year, chosen together.",
    ),
}


def put_in(here: Collection[UUID], at: datetime) -> None:
    """For those of the creators that came just now; and the ties of everybody who came."""
    new = [page for page in texts.pages() if people.creators()[page.handle].id in here]
    _open_pages(new, at)
    _tie(here, at)


def _open_pages(pages: Collection[PageText], at: datetime) -> None:
    ids = [people.creators()[page.handle].id for page in pages]
    users = {user.id: user for user in db.session.scalars(select(User).where(User.id.in_(ids)))}
    there = set(db.session.scalars(select(Creator.id).where(Creator.id.in_(ids))))
    for page in pages:
        person = people.creators()[page.handle]
        if person.id in there:
            continue
        creator = Creator(
            id=person.id,
            headline=page.headline,
            about=page.about,
            about_html=markdown.render(page.about),
            links=LINKS if person.id == people.CREATOR.id else [],
            watermark=page.handle in MARKING,
            categories=[page.category, *([ALSO[page.handle]] if page.handle in ALSO else [])],
            created_at=users[person.id].created_at + timedelta(hours=2),
        )
        refresh_words(creator, users[person.id])
        db.session.add(creator)
        db.session.flush()
        db.session.add_all(_tiers(page, creator))


def _tiers(page: PageText, creator: Creator) -> list[Tier]:
    dice = Random(f"tiers of {page.handle}")  # noqa: S311
    return [
        Tier(
            id=new_id(),
            creator_id=creator.id,
            name=name,
            about=dice.choice(OF_TIER[min(rank, 3)]),
            rank=rank,
            price=price,
            currency=creator.currency,
            created_at=creator.created_at,
        )
        for rank, (name, price) in enumerate(page.tiers, 1)
    ]


def _tie(came: Collection[UUID], at: datetime) -> None:
    """What the operations would do, in few statements: a row, a grant, one more in the count."""
    creators = people.creators()
    open_pages = {
        creator.id: creator
        for creator in db.session.scalars(
            select(Creator).where(Creator.id.in_([p.id for p in creators.values()]))
        )
    }
    living = set(db.session.scalars(select(User.id).where(User.state == "active")))
    known = {(row.user_id, row.creator_id) for row in db.session.scalars(select(Follow))}
    follows: list[dict[str, Any]] = []
    for page in texts.pages():
        creator = open_pages.get(creators[page.handle].id)
        if creator is None:
            continue
        for who, rank in ties.to(page.handle):
            if who not in living or (who, creator.id) in known or not {who, creator.id} & set(came):
                continue
            dice = Random(f"{who} {page.handle}")  # noqa: S311
            began = at - timedelta(days=dice.uniform(0.02, 0.9) ** 2 * (at - creator.created_at).days)
            follows.append({"user_id": who, "creator_id": creator.id, "created_at": began})
            creator.followers += 1
            if rank:
                _subscribe(who, creator.id, page, rank)
        creator.popularity = math.log(1 + creator.followers)
    if follows:
        db.session.execute(insert(Follow), follows)
        db.session.execute(insert(Grant), [_opened(follow) for follow in follows])


def _opened(follow: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": new_id(),
        "user_id": follow["user_id"],
        "scope_id": follow["creator_id"],
        "kind": Kind.FOLLOW.value,
        "rank": 0,
        "label": "",
        "cause": f"follow:{follow['creator_id']}",
        "starts_at": follow["created_at"],
    }


def _subscribe(who: UUID, creator_id: UUID, page: PageText, rank: int) -> None:
    extent = Extent(rank=rank, label=page.tiers[rank - 1][0])
    grants.grant(who, creator_id, Kind.SUBSCRIPTION, cause=f"demo:subscription:{creator_id}", extent=extent)
