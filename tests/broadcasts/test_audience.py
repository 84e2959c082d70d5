"""Who is meant by a choice, and that everybody whom one may write to is told, and nobody else."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.models import HiddenPerson, User
from app.broadcasts.audience import Audience
from app.broadcasts.queries_people import people
from app.chat import queries_talk
from app.chat.models import ChatSettings, Conversation, Member
from app.chat.operations import spreading
from app.chat.operations.spreading import Words
from app.chat.words import seal
from app.creators.models import Creator, Follow
from app.entitlements.models import Denial, Grant
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.platform.errors import NotFound
from app.platform.transaction import transaction
from app.subscriptions.models import Subscription
from tests.broadcasts.telling import HOME, subscribes, written
from tests.chat.talking import HTMX
from tests.factories.creators import a_creator, a_tier, follows
from tests.factories.invoices import bought, refund
from tests.factories.people import Person, a_person, signed_in


def meant(app: Flask, creator: Person, audience: Audience) -> set[str]:
    with app.app_context():
        ids = db.session.scalars(people(creator.id, audience)).all()
        return set(db.session.scalars(db.select(User.handle).where(User.id.in_(ids))))


def test_followers_subscribers_of_a_tier_and_those_who_left(app: Flask, mara: Person) -> None:
    names = ("fia", "sol", "gil", "lena", "other")
    fia, sol, gil, lena, other = (a_person(app, name) for name in names)
    silver, gold = a_tier(app, mara, "Silver"), a_tier(app, mara, "Gold")
    follows(app, fia, mara)
    follows(app, other, a_creator(app, "elsewhere"))
    subscribes(app, sol, mara, rank=1)
    subscribes(app, gil, mara, rank=2)
    ended(app, lena, mara)
    ended(app, gil, mara)  # who came back is no longer one who left
    assert meant(app, mara, Audience()) == {"fia", "sol", "gil"}
    assert meant(app, mara, Audience("followers")) == {"fia"}
    assert meant(app, mara, Audience("subscribers")) == {"sol", "gil"}
    assert meant(app, mara, Audience("subscribers", (gold,))) == {"gil"}
    assert meant(app, mara, Audience("subscribers", (silver, gold))) == {"sol", "gil"}
    assert meant(app, mara, Audience("lapsed")) == {"lena"}


def ended(app: Flask, person: Person, creator: Person) -> None:
    at = clock.now()
    with app.app_context(), transaction():
        db.session.add(
            Subscription(
                user_id=person.id,
                creator_id=creator.id,
                state="ended",
                price=500,
                currency="USD",
                anchor=at,
                period_start=at,
                period_end=at + timedelta(days=30),
                started_at=at - timedelta(days=60),
                ended_at=at,
            )
        )


def test_who_paid_enough_without_what_went_back(app: Flask, mara: Person) -> None:
    much, little, back = (a_person(app, name) for name in ("much", "little", "back"))
    for person in (much, little, back):
        follows(app, person, mara)
    for _ in range(2):
        bought(app, much, mara)
    bought(app, little, mara)
    bought(app, back, mara)
    refund(app, bought(app, back, mara), 500)
    assert meant(app, mara, Audience(spent=1_000, currency="USD")) == {"much"}
    assert meant(app, mara, Audience(spent=500, currency="USD")) == {"much", "little", "back"}
    assert meant(app, mara, Audience(spent=500, currency="EUR")) == set()


def test_who_came_since_a_day_or_before_it(app: Flask, mara: Person) -> None:
    today = clock.now().date()
    for name, days in (("old", 40), ("new", 0)):
        person = a_person(app, name)
        follows(app, person, mara)
        with app.app_context(), transaction():
            db.session.get_one(Follow, (person.id, mara.id)).created_at -= timedelta(days=days)
    # Who follows for long and subscribes now came when they began to follow.
    with app.app_context():
        old = db.session.scalars(db.select(User).where(User.handle == "old")).one()
    subscribes(app, Person(old.id, "old", ""), mara)
    assert meant(app, mara, Audience(since=today - timedelta(days=1))) == {"new"}
    assert meant(app, mara, Audience(until=today - timedelta(days=1))) == {"old"}
    assert meant(app, mara, Audience(since=today - timedelta(days=50), until=today)) == {"old"}


CODES = ("de", "en", "ja")
READERS = st.lists(
    st.fixed_dictionaries(
        {
            "reads": st.none() | st.lists(st.sampled_from(CODES), min_size=1, max_size=3, unique=True),
            "tie": st.sampled_from([None, "follows", "subscribes", "both"]),
        }
    ),
    min_size=5,
    max_size=5,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(readers=READERS)
def test_who_says_that_they_read_it(app: Flask, readers: list[dict[str, Any]]) -> None:
    with app.app_context(), transaction():
        me = User(id=new_id(), handle=f"m{new_id().hex[-20:]}", display_name="M")
        fans = [
            User(id=new_id(), handle=f"f{new_id().hex[-20:]}", display_name="F", languages=one["reads"])
            for one in readers
        ]
        db.session.add_all([me, *fans])
        db.session.flush()
        db.session.add(Creator(id=me.id, state="open"))
        db.session.flush()
        for fan, one in zip(fans, readers, strict=True):
            tie = {
                "state": "active",
                "follows": one["tie"] in ("follows", "both"),
                "subscribes": "now" if one["tie"] in ("subscribes", "both") else None,
            }
            _tie(me, fan, defaultdict(lambda: None, tie))
        db.session.flush()
        for who, ties in (
            ("everyone", ("follows", "subscribes", "both")),
            ("followers", ("follows", "both")),
        ):
            for code in CODES:
                by_rule = {
                    fan.id
                    for fan, one in zip(fans, readers, strict=True)
                    if one["tie"] in ties and code in (one["reads"] or ())
                }
                assert set(db.session.scalars(people(me.id, Audience(who, language=code)))) == by_rule


def test_the_desk_counts_what_is_chosen_and_keeps_it(app: Flask, mara: Person) -> None:
    host, gold = signed_in(app, mara), a_tier(app, mara, "Gold")
    subscribes(app, a_person(app), mara)
    follows(app, a_person(app), mara)
    count = f"{HOME}/count?who=subscribers&tiers={gold}"
    assert "1 person" in host.get(count, **HTMX).text
    assert "Nobody can say" in host.get(f"{HOME}/count?who=subscribers&spent=much").text
    assert "0 people" in host.get(f"{HOME}/count?who=subscribers&language=de").text
    assert "Nobody can say" in host.get(f"{HOME}/count?who=subscribers&language=tlh").text
    chosen = {"who": "subscribers", "tiers": str(gold), "spent": "4.50", "since": "2026-01-31"}
    address = written(host, **chosen, language="de")
    shown = host.get(address)
    assert "Subscribers of Gold, who paid you $4.50 or more, who came on 31 January 2026" in shown.text
    assert "or later, who read Deutsch" in shown.text
    fields = host.get(f"{address}/edit").form(f"{address}/edit").fields
    assert chosen | {"language": "de"} == {name: fields[name] for name in (*chosen, "language")}


WRONG = [
    ("body", {"body": "\u200b"}),
    ("spent", {"spent": "much"}),
    ("spent", {"spent": "0"}),
    ("since", {"since": "soon"}),
    ("until", {"since": "2026-02-02", "until": "2026-02-01"}),
    ("send_at", {"send_at": "2020-01-01T10:00"}),
    ("send_at", {"send_at": "tomorrow"}),
]


@pytest.mark.parametrize(("field", "fields"), WRONG)
def test_what_makes_no_sense_is_said_beside_it(
    app: Flask, mara: Person, field: str, fields: dict[str, Any]
) -> None:
    host, new = signed_in(app, mara), f"{HOME}/new"
    answer = host.send(host.get(new).form(new), **{"body": "Hello", **fields})
    assert (answer.status, list(answer.errors)) == (422, [field])


def test_tiers_of_others_cannot_be_named(app: Flask, mara: Person) -> None:
    theirs = a_tier(app, a_creator(app, "rival"))
    host, new = signed_in(app, mara), f"{HOME}/new"
    a_tier(app, mara)
    answer = host.send(host.get(new).form(new), body="Hello", who="subscribers", tiers=str(theirs))
    assert answer.status == 422 and "not yours" in answer.text


TIES = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["active", "active", "suspended", "deleted"]),
        "follows": st.booleans(),
        "subscribes": st.sampled_from([None, "now", "over", "revoked"]),
        "hosts": st.sampled_from([None, "open", "closed"]),
        "messages_from": st.sampled_from([None, "everyone", "followers", "subscribers", "nobody"]),
        "i_follow": st.booleans(),
        "asked": st.booleans(),
        "paid": st.booleans(),
        "hides": st.booleans(),
        "hidden": st.booleans(),
        "denied": st.sampled_from([None, "block", "age", "lifted"]),
        "i_am_denied": st.sampled_from([None, "block", "takedown"]),
    }
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ties=st.lists(TIES, min_size=6, max_size=6), page=st.sampled_from(["open", "open", "closed"]))
def test_many_are_told_by_the_rule_for_one(app: Flask, ties: list[dict[str, object]], page: str) -> None:
    with app.app_context(), transaction():
        me = User(id=new_id(), handle=f"m{new_id().hex[-20:]}", display_name="M")
        others = [User(id=new_id(), handle=f"o{new_id().hex[-20:]}", display_name="O") for _ in ties]
        db.session.add_all([me, *others])
        db.session.flush()
        db.session.add(Creator(id=me.id, state=page))
        db.session.flush()
        for other, tie in zip(others, ties, strict=True):
            _tie(me, other, tie)
        db.session.flush()
        one_by_one = {other.id for other in others if _may(me, other)}
        assert set(queries_talk.whom_one_may_write_to(me.id, [one.id for one in others])) == one_by_one
        told = spreading.spread(me.id, [one.id for one in others], Words(seal("Hello"), "a-key"))
        assert {one.user_id for one in told} == one_by_one


def _may(me: User, other: User) -> bool:
    conversation_id = queries_talk.between(me.id, other.id)
    try:
        if conversation_id:
            return queries_talk.find_talk(conversation_id, me.id).silence is None
        return queries_talk.nothing_said(other.id, me.id).silence is None
    except NotFound:
        return False


def _tie(me: User, other: User, tie: dict[str, object]) -> None:
    at, rows = clock.now(), list[object]()
    other.state = str(tie["state"])
    if tie["hosts"]:
        db.session.add(Creator(id=other.id, state=tie["hosts"]))
        db.session.flush()
    if tie["follows"]:
        rows.append(Follow(user_id=other.id, creator_id=me.id))
    if tie["i_follow"] and tie["hosts"]:
        rows.append(Follow(user_id=me.id, creator_id=other.id))
    if tie["subscribes"]:
        rows.append(
            Grant(
                user_id=other.id,
                scope_id=me.id,
                kind="subscription",
                cause="a test",
                starts_at=at - timedelta(days=2),
                ends_at=at - timedelta(days=1) if tie["subscribes"] == "over" else None,
                revoked_at=at if tie["subscribes"] == "revoked" else None,
            )
        )
    if tie["messages_from"]:
        rows.append(ChatSettings(user_id=other.id, messages_from=tie["messages_from"]))
    if tie["asked"] or tie["paid"]:
        low, high = sorted((me.id, other.id))
        talk = Conversation(id=new_id(), low_id=low, high_id=high, last_seq=1, last_change=1)
        db.session.add(talk)
        db.session.flush()
        rows += [
            Member(
                conversation_id=talk.id, user_id=other.id, other_id=me.id, wrote_seq=int(bool(tie["asked"]))
            ),
            Member(conversation_id=talk.id, user_id=me.id, other_id=other.id, welcome=bool(tie["paid"])),
        ]
    if tie["hides"]:
        rows.append(HiddenPerson(user_id=other.id, hidden_id=me.id))
    if tie["hidden"]:
        rows.append(HiddenPerson(user_id=me.id, hidden_id=other.id))
    if tie["denied"]:
        lifted = at if tie["denied"] == "lifted" else None
        kind = "block" if lifted else tie["denied"]
        rows.append(
            Denial(scope_id=me.id, user_id=other.id, kind=kind, cause=f"{other.id}", lifted_at=lifted)
        )
    if tie["i_am_denied"]:
        everybody = tie["i_am_denied"] == "takedown"
        rows.append(
            Denial(
                scope_id=other.id,
                user_id=None if everybody else me.id,
                kind=tie["i_am_denied"],
                cause="a test",
            )
        )
    db.session.add_all(rows)
