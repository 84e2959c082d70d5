"""From plans to rows, page by page, as the operations would have left them."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.accounts.models import User
from app.creators.models import Creator
from app.creators.operations import pages as creator_pages
from app.demo import people, texts
from app.demo.drawing_room import Laid
from app.demo.made_ids import Edition
from app.demo.plans import MediaPlan, PagePlan, PostPlan
from app.entitlements.models import Grant
from app.entitlements.rules import Audience, Kind
from app.extensions import db
from app.kit.ids import new_id
from app.media.models import Media
from app.media.operations.holding import new_secret
from app.media.shown import Described, describe
from app.moderation.models import Report
from app.posts import rendering
from app.posts.content import Content
from app.posts.models import Bookmark, Comment, Like, Poll, PollOption, PollVote, Post, PostMedia

# What everybody may read of a closed post: how it begins.
BEGINS = re.compile(r"([^\d\-*].{12,}?[.!?…。])\s+(\S.*)", re.S)
TALK = timedelta(days=4)
POLL_OPEN = timedelta(days=21)
# Of those who could: the few likes of something new, the many of something old.
LIKED = (0.04, 0.42)
COMMENTS, COMMENTS_WEIGHTS = (0, 1, 2, 3, 4, 6), (16, 26, 26, 18, 9, 5)
ANSWERED, KEPT_BY_FAN = 0.3, 0.1
# The rude ones, and who reports what: a page, the title of a post, a reason, a note.
RUDE = {"Eight windows, one evening": (0, "kasper_n"), "The toast walks": (1, "imre_toth")}
REPORTED = {
    "Eight windows, one evening": ("lotte_h", "spam", "The same under three other pages."),
    "The toast walks": ("maeve_q", "abuse", "There is no need to talk to anybody like this."),
}
REPORTED_POST = {
    "The island that was never there": (
        "wilf_t",
        "copyright",
        "The map at the beginning looks very much like one that my late brother drew. Could somebody ask?",
    )
}
LINKED = {
    "Commission list for spring": {
        "url": "https://example.com/cleo-marsh",
        "host": "example.com",
        "title": "",
    }
}


def empty_pages() -> set[str]:
    """Open pages of ours with neither posts nor a portrait."""
    ours = {person.id: handle for handle, person in people.creators().items()}
    bare = (
        select(Creator.id)
        .join(User, User.id == Creator.id)
        .where(Creator.id.in_(ours), Creator.avatar.is_(None), User.state == "active")
        .where(~select(Post.id).where(Post.creator_id == Creator.id).exists())
    )
    return {ours[creator_id] for creator_id in db.session.scalars(bare)}


def put_media(page: PagePlan, laid: Mapping[str, Laid]) -> list[UUID]:
    """Pictures are ready at once. Tunes and films wait to be made ready, as those do that people send."""
    public = {page.avatar.id, page.cover.id}
    public |= {
        one.id for post in page.posts if post.out and post.audience is Audience.PUBLIC for one in post.media
    }
    planned = [one for one in page.media if str(one.id) in laid]
    values = [_media(page, one, laid[str(one.id)], public=one.id in public) for one in planned]
    db.session.execute(insert(Media).values(values).on_conflict_do_nothing())
    return [one.id for one in planned if laid[str(one.id)].made is None]


def _media(page: PagePlan, one: MediaPlan, laid: Laid, *, public: bool) -> dict[str, Any]:
    made = laid.made or {}
    ready = laid.made is not None
    return {
        "id": one.id,
        "user_id": page.creator_id,
        "purpose": one.purpose.value,
        "kind": one.kind.value,
        "state": "ready" if ready else "received",
        "name": f"{one.seed.replace('/', '-')}.{laid.content_type.rpartition('/')[2]}",
        "alt": one.alt,
        "size": laid.size,
        "received": laid.size,
        "upload": laid.upload,
        "digest": bytes.fromhex(made["digest"]) if ready else None,
        "content_type": laid.content_type,
        "width": made.get("w"),
        "height": made.get("h"),
        "color": made.get("color", ""),
        "progress": 100 if ready else 0,
        "renditions": made.get("names", {}),
        "public": public,
        "secret": new_secret(),
        "attached": True,
    }


def put_posts(page: PagePlan, edition: Edition) -> None:
    """All of a page at once, so that a page is either empty or full."""
    creator = db.session.get(Creator, page.creator_id, with_for_update=True, populate_existing=True)
    if creator is None or page.handle not in empty_pages():
        return
    shown = _described(page)
    creator_pages.show_avatar(creator.id, shown[page.avatar.id])
    creator_pages.show_cover(creator.id, shown[page.cover.id])
    out = [post for post in page.posts if post.out]
    creator.posts, creator.last_post_at = len(out), max(post.at for post in out)
    talk = _Talk(page, edition)
    here = set(db.session.scalars(select(User.id).where(User.state == "active")))
    for post in page.posts:
        _put_post(page, post, [shown[one.id] for one in post.media if one.id in shown], edition)
        if post.out:
            _put_doings(page, post, talk, edition.at, here)


def _described(page: PagePlan) -> dict[UUID, Described]:
    """What became ready."""
    found = select(Media).where(Media.id.in_([one.id for one in page.media]), Media.state == "ready")
    return {
        media.id: describe(media)
        for media in db.session.scalars(found.execution_options(populate_existing=True))
    }


def _put_post(page: PagePlan, post: PostPlan, media: list[Described], edition: Edition) -> None:
    text, made_at = post.text, min(post.at, edition.at)
    body = text.body
    if post.audience is not Audience.PUBLIC and (begins := BEGINS.fullmatch(body)):
        body = f"{begins[1]}\n\n--- more ---\n\n{begins[2]}"
    content = Content(text.title, body, post.audience)
    rendered = rendering.render(content, frozenset())
    db.session.add(
        Post(
            id=post.id,
            creator_id=page.creator_id,
            title=text.title,
            body=body,
            body_html=rendered.html,
            teaser=rendered.teaser,
            words=rendered.words,
            link=LINKED.get(text.title),
            media=media,
            audience=post.audience.value,
            rank=post.rank,
            price=post.price,
            state=text.state,
            publish_at=post.at if text.state == "scheduled" else None,
            published_at=post.at if post.out else None,
            pinned_at=post.at if post.pinned else None,
            created_at=made_at,
            saved_at=made_at,
            saves=1,
        )
    )
    db.session.flush()
    if media:
        shown_in = [
            {"post_id": post.id, "media_id": one["id"], "position": at} for at, one in enumerate(media)
        ]
        db.session.execute(insert(PostMedia).values(shown_in))


def _put_doings(page: PagePlan, plan: PostPlan, talk: "_Talk", now: datetime, here: set[UUID]) -> None:
    """What readers did with it until now."""
    dice = Random(f"doings {page.handle} {plan.text.title}")  # noqa: S311
    readers = [who for who in plan.readers if who in here and who != page.creator_id]
    share = dice.uniform(*LIKED) * min(1, 0.15 + (now - plan.at) / timedelta(days=2))
    liked = dice.sample(readers, round(len(readers) * share))
    kept = dice.sample(readers, min(len(readers), dice.choice((0, 0, 1, 1, 2, 3))))
    if people.FAN.id in readers and people.FAN.id not in kept and dice.random() < KEPT_BY_FAN:
        kept.append(people.FAN.id)
    said = talk.under(plan, readers, dice)
    if plan.audience is Audience.PAID:
        _sell(plan, readers)
    _all(Like, [_done(who, plan, now, dice) for who in liked])
    _all(Bookmark, [_done(who, plan, now, dice) for who in kept])
    _all(Comment, said)
    if plan.text.poll:
        _put_poll(plan, readers, now, dice)
    post = db.session.get(Post, plan.id)
    assert post is not None
    post.likes, post.comments = len(liked), len(said)
    post.views = round(len(liked) * dice.uniform(5, 12)) + dice.randrange(3, 40)
    _put_report(plan, said)


def _done(who: UUID, plan: PostPlan, now: datetime, dice: Random) -> dict[str, Any]:
    return {"user_id": who, "post_id": plan.id, "created_at": _soon_after(plan.at, now, dice)}


def _soon_after(at: datetime, now: datetime, dice: Random) -> datetime:
    return at + min(now - at, TALK) * dice.random()


def _sell(plan: PostPlan, buyers: list[UUID]) -> None:
    bought = [
        {
            "id": new_id(),
            "user_id": who,
            "scope_id": plan.id,
            "kind": Kind.PURCHASE.value,
            "cause": f"demo:purchase:{plan.id}",
            "starts_at": plan.at,
        }
        for who in buyers
    ]
    _all(Grant, bought)


def _put_poll(plan: PostPlan, readers: list[UUID], now: datetime, dice: Random) -> None:
    question, *labels = plan.text.poll
    closes_at = plan.at + POLL_OPEN
    db.session.execute(insert(Poll).values(post_id=plan.id, question=question, closes_at=closes_at))
    options = [
        {"id": new_id(), "post_id": plan.id, "position": at, "label": one} for at, one in enumerate(labels)
    ]
    # The fan of the demo has not voted: there is something left to do.
    voters = [
        who
        for who in dice.sample(readers, round(len(readers) * dice.uniform(0.1, 0.4)))
        if who != people.FAN.id
    ]
    weights = [dice.uniform(1, 4) for _ in options]
    votes = [
        {**_done(who, plan, min(now, closes_at), dice), "option_id": dice.choices(options, weights)[0]["id"]}
        for who in voters
    ]
    for option in options:
        option["votes"] = sum(vote["option_id"] == option["id"] for vote in votes)
    _all(PollOption, options)
    _all(PollVote, votes)


def _put_report(plan: PostPlan, said: list[dict[str, Any]]) -> None:
    title, subject = plan.text.title, None
    if title in REPORTED:
        rude = next((one for one in said if one["body"] in texts.comments()["rude"]), None)
        subject = ("comment", rude["id"], rude["user_id"]) if rude else None
    elif title in REPORTED_POST:
        creator_id = db.session.scalar(select(Post.creator_id).where(Post.id == plan.id))
        subject = ("post", plan.id, creator_id)
    if subject is None:
        return
    who, reason, note = (REPORTED | REPORTED_POST)[title]
    reporter = next(person.id for person in people.everybody() if person.handle == who)
    row = insert(Report).values(
        id=new_id(),
        user_id=select(User.id).where(User.id == reporter).scalar_subquery(),
        subject_kind=subject[0],
        subject_id=subject[1],
        against_id=subject[2],
        reason=reason,
        note=note,
        created_at=plan.at + timedelta(minutes=3),
    )
    db.session.execute(row.on_conflict_do_nothing())


def _all(table: type[Any], values: list[dict[str, Any]]) -> None:
    if values:
        db.session.execute(insert(table).values(values).on_conflict_do_nothing())


class _Talk:
    """The comments of a page: nobody there says what was said before."""

    def __init__(self, page: PagePlan, edition: Edition) -> None:
        category = next(text.category for text in texts.pages() if text.handle == page.handle)
        bank, dice = texts.comments(), Random(f"talk {page.handle}")  # noqa: S311
        own, common = list(bank[category]), list(bank["any"])
        dice.shuffle(own)
        dice.shuffle(common)
        # Those that fit the page alone come first, now and then one of the others.
        self._lines = [line for pair in zip(own, common, strict=False) for line in pair] + common[len(own) :]
        self._replies = dice.sample(bank["reply"], len(bank["reply"]))
        self._page, self._edition, self._speakers = page, edition, set[UUID]()

    def under(self, plan: PostPlan, readers: list[UUID], dice: Random) -> list[dict[str, Any]]:
        now = self._edition.at
        share = min(1.0, 0.3 + (now - plan.at) / timedelta(days=1))
        wanted = round(dice.choices(COMMENTS, COMMENTS_WEIGHTS)[0] * share)
        speakers = [who for who in readers if who != people.FAN.id]
        said = []
        for who in dice.sample(speakers, min(wanted, len(speakers), len(self._lines))):
            at = _soon_after(plan.at, now, dice)
            said.append(self._comment(plan, who, self._lines.pop(0), at))
            if self._replies and dice.random() < ANSWERED:
                reply = self._replies.pop(0)
                said.append(self._comment(plan, self._page.creator_id, reply, at + (now - at) * 0.2))
        return said + self._rude(plan, speakers)

    def _rude(self, plan: PostPlan, speakers: list[UUID]) -> list[dict[str, Any]]:
        if plan.text.title not in RUDE:
            return []
        line, handle = RUDE[plan.text.title]
        who = next(person.id for person in people.everybody() if person.handle == handle)
        body = texts.comments()["rude"][line]
        at = plan.at + (self._edition.at - plan.at) * 0.5
        return [self._comment(plan, who, body, at)] if who in speakers else []

    def _comment(self, plan: PostPlan, who: UUID, body: str, at: datetime) -> dict[str, Any]:
        return {
            "id": self._edition.id(at, "comment", plan.id, body),
            "post_id": plan.id,
            "user_id": who,
            "body": body,
            "created_at": at,
        }
