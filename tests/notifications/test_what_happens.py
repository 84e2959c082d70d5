"""What people do in the house reaches those whom it is about: through the pages and the work behind them."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.letters import write_to
from app.accounts.models import User
from app.accounts.operations import roles
from app.chat.operations import writing
from app.creators.models import Creator
from app.creators.operations import pages
from app.entitlements.operations import grants
from app.entitlements.rules import Kind
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.notifications.models import Notification
from app.notifications.queries_page import new
from app.platform import outbox, work
from app.platform.idempotency import new_key
from app.platform.models import WorkItem
from app.platform.transaction import transaction
from app.platform.work import lease, registry
from app.platform.work.lease import Claim
from app.posts import reporting
from app.posts.operations import liking, spreading
from tests.accounts.stored import somebody_waits
from tests.chat.talking import begin, say
from tests.factories.creators import a_creator, a_tier, blocks, follows, some_followers
from tests.factories.invoices import give_credit, shop
from tests.factories.people import Person, a_person, signed_in, suspends
from tests.factories.post import letters
from tests.factories.posts import a_post, some_comments
from tests.factories.subscriptions import subscribed
from tests.notifications.happenings import choose, deliver, lines_of, told, turn
from tests.page_client import PageClient
from tests.posts.authors import Author
from tests.queries import counting
from tests.support import eventually


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara")


@pytest.fixture
def ben(app: Flask) -> Person:
    return a_person(app, "ben")


@pytest.fixture
def fog(app: Flask, mara: Person) -> UUID:
    return a_post(app, mara.id, title="Fog")


def comment(reader: PageClient, post: UUID, body: str) -> None:
    reader.send(reader.get(f"/posts/{post}").form(f"/posts/{post}/comments"), body=body)


def events(app: Flask, person: Person) -> list[str]:
    return [line.event for line in lines_of(app, person)]


def work_off(app: Flask) -> None:
    """What happened is told to whoever subscribed, and their work is done."""
    with app.app_context():
        outbox.relay()
        while work.drain():
            continue


def test_a_like_reaches_whose_post_it_is(app: Flask, mara: Person, ben: Person, fog: UUID) -> None:
    with app.app_context(), transaction():
        liking.like(ben.id, fog, True)
        liking.like(ben.id, fog, False)
        liking.like(ben.id, fog, True)
    host = signed_in(app, mara)
    assert told(host) == ["Ben liked “Fog”"]
    (line,) = lines_of(app, mara)
    assert host.get(f"/notifications/{line.id}", follow=False).location == f"/posts/{fog}"


def test_a_comment_reaches_its_host_and_whom_it_names(
    app: Flask, mara: Person, ben: Person, fog: UUID
) -> None:
    zoe, tom = a_person(app, "zoe"), a_person(app, "tom")
    some_comments(app, fog, zoe.id, ["First"])
    comment(signed_in(app, ben), fog, "As @zoe says, @tom, and thanks @mara, says @ben")
    assert told(signed_in(app, mara)) == ["Ben commented on “Fog”"]
    assert told(signed_in(app, zoe)) == ["Ben answered you under “Fog”"]
    assert told(signed_in(app, tom)) == ["Ben named you under “Fog”"]
    assert lines_of(app, ben) == []


def test_who_is_named_in_what_waits_hears_of_it_once_it_is_shown(
    app: Flask, mara: Person, ben: Person, fog: UUID
) -> None:
    host, tom = signed_in(app, mara), a_person(app, "tom")
    with app.app_context(), transaction():
        db.session.get_one(Creator, mara.id).blocked_words = ["scam"]
    comment(signed_in(app, ben), fog, "A scam, @tom")
    assert lines_of(app, tom) == []
    assert events(app, mara) == ["commented"]
    page = host.get(f"/posts/{fog}")
    host.send(page.form(r"/comments/[0-9a-f-]+/show"))
    assert told(signed_in(app, tom)) == ["Ben named you under “Fog”"]


def test_a_follower_reaches_the_creator(app: Flask, mara: Person, ben: Person) -> None:
    follows(app, ben, mara)
    assert told(signed_in(app, mara)) == ["Ben follows you now"]
    follows(app, a_person(app, "zoe"), mara)
    assert told(signed_in(app, mara)) == ["Zoe and Ben follow you now"]


def test_a_new_post_reaches_all_who_follow_some_at_a_time(
    app: Flask, mara: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreading, "AT_ONCE", 3)
    fans = some_followers(app, mara, 7)
    blocks(app, mara, fans[0])
    author = Author(app, mara, signed_in(app, mara))
    with counting(app) as sent:
        author.write(title="Rain", body="It rains.")
    assert not [one for one in sent if "INTO notifications" in one], "not while the author waits"
    work_off(app)
    assert [told(signed_in(app, fan)) for fan in fans] == [[]] + [["Mara published “Rain”"]] * 6
    with app.app_context():
        pieces = db.session.query(WorkItem).filter_by(kind=spreading.SPREAD, state="done").count()
        assert pieces == 3
    assert lines_of(app, mara)[-1].event == "followed"


def test_a_piece_that_is_done_again_tells_nobody_twice(
    app: Flask, mara: Person, ben: Person, fog: UUID
) -> None:
    follows(app, ben, mara)
    with app.app_context():
        for _ in range(2):
            with transaction():
                spreading.spread(fog, spreading.FIRST)
    assert events(app, ben) == ["published"]


def for_a_word(author: Author, post: UUID) -> Callable[[], object]:
    author.press(post, "unpublish")
    return lambda: author.page.send(author.editor(post), intent="publish")


def with_the_page(author: Author, post: UUID) -> Callable[[], object]:
    with author.app.app_context(), transaction():
        pages.close(author.id)
    return lambda: pages.reopen(author.id)


def by_a_report(author: Author, post: UUID) -> Callable[[], object]:
    with author.app.app_context(), transaction():
        reporting.take_post_down(post)
    return lambda: reporting.put_post_back(post)


def with_its_author(author: Author, post: UUID) -> Callable[[], object]:
    suspends(author.app, author.person)
    admin = a_person(author.app, roles=("fan", "admin"))
    return lambda: roles.restore(author.id, actor=admin.id)


@pytest.mark.parametrize("goes", [for_a_word, with_the_page, by_a_report, with_its_author])
def test_who_was_not_told_before_a_post_went_away_hears_of_it_when_it_is_back(
    app: Flask,
    mara: Person,
    fixed_clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    goes: Callable[[Author, UUID], Callable[[], object]],
) -> None:
    monkeypatch.setattr(spreading, "AT_ONCE", 2)
    fans = some_followers(app, mara, 5)
    author = Author(app, mara, signed_in(app, mara))
    post = author.write(title="Rain", body="It rains.")
    with app.app_context():
        work.drain()  # the first piece
    come_back = goes(author, post)
    work_off(app)
    assert sum(len(lines_of(app, fan)) for fan in fans) == 2
    with app.app_context(), transaction():
        come_back()
    fixed_clock.move(timedelta(minutes=2))
    work_off(app)
    assert [told(signed_in(app, fan)) for fan in fans] == [["Mara published “Rain”"]] * 5


def test_what_stays_away_is_no_news_after_a_week(
    app: Flask, mara: Person, ben: Person, fixed_clock: FixedClock
) -> None:
    follows(app, ben, mara)
    author = Author(app, mara, signed_in(app, mara))
    post = author.write(title="Rain", body="It rains.")
    come_back = for_a_word(author, post)
    for _ in range(8):
        work_off(app)
        fixed_clock.move(timedelta(days=1))
    work_off(app)
    come_back()
    fixed_clock.move(timedelta(hours=2))
    work_off(app)
    assert lines_of(app, ben) == []


def test_a_post_that_comes_back_or_is_for_adults_says_no_more_than_it_should(
    app: Flask, mara: Person, ben: Person
) -> None:
    follows(app, ben, mara)
    author = Author(app, mara, signed_in(app, mara))
    post = author.write(title="Skin", body="For grown-ups.", adult="y")
    work_off(app)
    author.press(post, "unpublish")
    form = author.editor(post)
    author.page.send(form, intent="publish")
    work_off(app)
    assert told(signed_in(app, ben)) == ["Mara published a new post"]


def test_of_what_is_on_a_page_for_adults_nobody_is_told_the_title(
    app: Flask, mara: Person, ben: Person
) -> None:
    with app.app_context(), transaction():
        db.session.get_one(Creator, mara.id).adult = True
    follows(app, ben, mara)
    post = Author(app, mara, signed_in(app, mara)).write(title="Skin", body="For grown-ups.")
    work_off(app)
    fan, tom = signed_in(app, ben), a_person(app, "tom")
    assert told(fan) == ["Mara published a new post"]
    fan.send(fan.get(f"/posts/{post}").form(f"/posts/{post}/adult"))
    comment(fan, post, "Look, @tom")
    assert told(signed_in(app, tom)) == ["Ben named you under a post"]
    assert "Ben commented on “Skin”" in told(signed_in(app, mara))


def unpublished(author: Author, post: UUID, fan: Person) -> None:
    author.press(post, "unpublish")


def deleted(author: Author, post: UUID, fan: Person) -> None:
    author.press(post, "delete")


def taken_down(author: Author, post: UUID, fan: Person) -> None:
    with author.app.app_context(), transaction():
        reporting.take_post_down(post)


def blocked(author: Author, post: UUID, fan: Person) -> None:
    blocks(author.app, author.person, fan)


def suspended(author: Author, post: UUID, fan: Person) -> None:
    admin = a_person(author.app, roles=("fan", "admin"))
    with author.app.app_context(), transaction():
        roles.suspend(author.id, actor=admin.id)


@pytest.mark.parametrize("closed", [unpublished, deleted, taken_down, blocked, suspended])
def test_of_what_closed_meanwhile_neither_a_line_nor_a_mail_tells(
    app: Flask, mara: Person, ben: Person, fixed_clock: FixedClock, closed: Any
) -> None:
    follows(app, ben, mara)
    fan = signed_in(app, ben)
    turn(fan, on=["posts.mail"])
    choose(fan, mails="daily")
    author = Author(app, mara, signed_in(app, mara))
    post = author.write(title="Rain", body="It rains.")
    work_off(app)
    fixed_clock.move(timedelta(hours=1))
    deliver(app)  # put off until the mail of the day
    assert events(app, ben) == ["published"]
    closed(author, post, ben)
    fixed_clock.move(timedelta(days=2))
    deliver(app)
    assert letters(app, ben.email, "notice") == []
    fan = signed_in(app, ben)
    assert told(fan) == []
    assert "Rain" not in fan.get("/settings/notifications/sent").text
    with app.app_context():
        assert new(ben.id) == 0, "looked at, though nothing was shown"


def test_who_is_named_hears_nothing_of_a_post_that_only_buyers_still_read(
    app: Flask, mara: Person, ben: Person
) -> None:
    author, tom = Author(app, mara, signed_in(app, mara)), a_person(app, "tom")
    post = author.write(title="Rain", body="It rains.", visibility="paid", price="5")
    with app.app_context(), transaction():
        grants.grant(ben.id, post, Kind.PURCHASE, cause="invoice-line:1")
    author.press(post, "unpublish")
    comment(signed_in(app, ben), post, "Do you know it, @tom?")
    assert lines_of(app, tom) == []


def test_a_comment_that_is_gone_is_told_of_no_more(app: Flask, ben: Person, fog: UUID) -> None:
    tom, reader = a_person(app, "tom"), signed_in(app, ben)
    comment(reader, fog, "As @tom says")
    assert told(signed_in(app, tom)) == ["Ben named you under “Fog”"]
    reader.send(reader.get(f"/posts/{fog}").form(r"/comments/[0-9a-f-]+/delete"))
    assert told(signed_in(app, tom)) == []


def test_a_tip_reaches_the_creator_beside_its_mail(app: Flask, mara: Person, ben: Person) -> None:
    shop(app)
    give_credit(app, ben, 2_000)
    reader = signed_in(app, ben)
    reader.send(reader.get("/@mara/tip").form("/@mara/tip"), amount="5")
    work_off(app)
    assert told(signed_in(app, mara)) == ["Ben gave you $5.00"]
    assert [letter.template for letter in letters(app, mara.email)] == ["invoice_sold"]
    assert told(reader) == ["You paid $5.00 for Tip for Mara"]
    assert reader.http.get("/live/counts").get_json()["/notifications"] == 0, "they know"


def test_a_subscriber_reaches_the_creator_once(app: Flask, mara: Person, ben: Person) -> None:
    shop(app)
    subscribed(app, ben, mara, a_tier(app, mara))
    for _ in range(2):
        work_off(app)
    assert sorted(told(signed_in(app, mara))) == ["Ben follows you now", "Ben subscribed to Gold"]


def test_a_message_reaches_whoever_does_not_read_it(
    app: Flask, mara: Person, ben: Person, fixed_clock: FixedClock
) -> None:
    fan, host = signed_in(app, ben), signed_in(app, mara)
    talk = begin(fan, "mara", "Nobody else may read this")
    say(fan, talk, "Nor this")
    work_off(app)
    assert lines_of(app, mara) == [], "not at once"
    fixed_clock.move(timedelta(seconds=11))
    work_off(app)
    (line,) = lines_of(app, mara)
    assert (line.event, line.words, line.shown) == ("wrote", {}, False)
    assert told(host) == [], "messages have a door of their own"
    host.get(talk)
    assert lines_of(app, mara)[0].read_at
    say(fan, talk, "Are you there?")
    host.get(talk)
    fixed_clock.move(timedelta(seconds=11))
    work_off(app)
    assert len(lines_of(app, mara)) == 1, "they were"


def test_what_is_written_while_the_last_is_looked_after_is_told_too(
    app: Flask, mara: Person, ben: Person, fixed_clock: FixedClock
) -> None:
    """Asking for the work that runs just then asks for nothing: that has to see it, or come before."""
    fan, host = signed_in(app, ben), signed_in(app, mara)
    talk = begin(fan, "mara")
    host.get(talk)
    fixed_clock.move(timedelta(seconds=11))

    def look(claimed: Claim) -> None:
        with app.app_context(), transaction():
            registry.find(claimed.kind).run(claimed.payload)
            lease.finish(claimed)

    with app.app_context():
        (waits,) = db.session.scalars(select(WorkItem.id).where(WorkItem.kind == "chat.tell"))
        claimed = lease.claim(waits)
        assert claimed
        looking = threading.Thread(target=look, args=(claimed,))
        with transaction():
            writing.send(ben.id, UUID(talk.removeprefix("/messages/")), "Are you there?", new_key())
            looking.start()
            eventually(lambda: somebody_waits() or not looking.is_alive())
        looking.join()
    fixed_clock.move(timedelta(seconds=11))
    work_off(app)
    assert [line.event for line in lines_of(app, mara)] == ["wrote"]


def test_a_muted_talk_stays_silent(app: Flask, mara: Person, ben: Person, fixed_clock: FixedClock) -> None:
    fan, host = signed_in(app, ben), signed_in(app, mara)
    talk = begin(fan, "mara")
    host.send(host.get(talk).form(f"{talk}/mute"))
    say(fan, talk, "Psst")
    fixed_clock.move(timedelta(minutes=1))
    work_off(app)
    assert lines_of(app, mara) == []


def test_a_mail_about_the_account_makes_a_line_without_its_secrets(app: Flask, ben: Person) -> None:
    with app.app_context(), transaction():
        person = db.session.get_one(User, ben.id)
        write_to(person, "reset_password", link="https://house.test/reset/a-secret")
        gift = {"giver": "Mara", "tier": "Gold", "creator": "Mara", "length": "a month", "note": ""}
        write_to(person, "gift_received", **gift, code="SECRET", link="https://house.test/gifts/SECRET")
        person.email = None
        write_to(person, "password_changed", at=clock.now(), link="https://house.test/reset")
    reader = signed_in(app, ben)
    assert told(reader) == ["Your password was changed", "You were given a gift: Gold of Mara"]
    with app.app_context():
        rows = db.session.query(Notification)
        assert "SECRET" not in " ".join(f"{row.href} {row.subject} {row.words}" for row in rows)


def test_what_became_of_a_report_is_told(app: Flask, mara: Person, ben: Person, fog: UUID) -> None:
    reader = signed_in(app, ben)
    where = f"/report/post/{fog}"
    reader.send(reader.get(where).form(where), reason="spam", note="Look")
    desk: Any = signed_in(app, a_person(app, roles=("fan", "moderator")), second_factor=True)
    address = str(desk.get("/admin/reports").one("a[href^='/admin/reports/']")["href"])
    desk.send(desk.get(address).form(f"{address}/uphold"))
    assert told(reader) == ["Your report was looked at"]
    assert told(signed_in(app, mara)) == ["Your post was reported, and we agree"]
