"""A creator tells many at once, and each hears it in their own conversation, once."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import User
from app.accounts.operations import hiding
from app.broadcasts import jobs
from app.broadcasts.models import Recipient
from app.broadcasts.operations import delivering
from app.chat.models import Conversation, Member, Message
from app.chat.queries import unread
from app.chat.words import unseal
from app.creators.operations import pages
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.platform import personal_data, work
from app.platform.idempotency import new_key
from app.platform.transaction import transaction
from tests.accounts.taking_over import ask, confirm, listed, take_back
from tests.broadcasts.telling import (
    HOME,
    all_told,
    confirmed,
    counted,
    heard,
    sent,
    subscribes,
    the_broadcast,
    written,
)
from tests.chat.talking import begin, say, words_of
from tests.factories.creators import a_tier, blocks, follows, some_followers
from tests.factories.media import a_picture
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient
from tests.queries import counting


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "LISTED_AT_ONCE", 3)
    monkeypatch.setattr(delivering, "TOLD_AT_ONCE", 2)


def messages(app: Flask) -> list[tuple[UUID, int]]:
    with app.app_context():
        rows = db.session.execute(select(Message.conversation_id, Message.seq).order_by(Message.id))
        return [(talk, seq) for talk, seq in rows]


def test_what_is_told_is_read_by_each_alone(app: Flask, mara: Person, host: PageClient, ben: Person) -> None:
    zoe = a_person(app, "zoe")
    subscribes(app, zoe, mara)
    a_person(app, "stranger")
    address = written(host, "The prints are dry")
    shown = host.get(address)
    assert "2 people" in shown.text
    assert shown.one(".thread p.said").get_text() == "The prints are dry"
    assert heard(app, ben) == []
    going = confirmed(host, address)
    assert "Going out" in going.text
    all_told(app)
    for fan in (ben, zoe):
        assert heard(app, fan) == ["The prints are dry"]
    counted(app)
    done = host.get(address)
    assert "Sent to 2" in done.text and "Read by 2" in done.text
    assert "sent to 2" in host.get(HOME).text


@pytest.mark.usefixtures("small_parts")
def test_a_long_list_is_gone_through_part_by_part(app: Flask, mara: Person, host: PageClient) -> None:
    fans = some_followers(app, mara, 8)
    address = sent(host)
    with app.app_context():
        assert work.drain(("bulk",), at_most=1) == 1
        assert the_broadcast(app, address).people == 3
    all_told(app)
    one = the_broadcast(app, address)
    assert (one.state, one.people, one.told, one.skipped) == ("done", 8, 8, 0)
    assert [heard(app, fan) for fan in fans] == [["News from the darkroom"]] * 8


@pytest.mark.usefixtures("small_parts")
def test_two_workers_tell_nobody_twice(app: Flask, mara: Person, host: PageClient) -> None:
    """Both go on from where the row says that the list is, whoever comes first."""
    some_followers(app, mara, 7)
    address = sent(host)
    broadcast_id = UUID(address.rpartition("/")[2])
    start, failed = threading.Barrier(2), list[BaseException]()

    def go() -> None:
        try:
            with app.app_context():
                start.wait()
                for _ in range(6):
                    with transaction():
                        delivering.put_on_list(broadcast_id)
                        delivering.tell(broadcast_id)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    all_told(app)
    assert failed == []
    one = the_broadcast(app, address)
    assert (one.state, one.told) == ("done", 7)
    found = messages(app)
    assert len(found) == len({talk for talk, _ in found}) == 7


@pytest.mark.usefixtures("small_parts")
def test_a_part_that_broke_off_leaves_nothing_and_is_done_again(
    app: Flask, mara: Person, host: PageClient
) -> None:
    some_followers(app, mara, 5)
    address = sent(host)
    broadcast_id = UUID(address.rpartition("/")[2])
    with app.app_context():
        work.drain(("bulk",), at_most=2)
        with pytest.raises(KeyboardInterrupt), transaction():
            delivering.tell(broadcast_id)
            db.session.flush()
            raise KeyboardInterrupt
    all_told(app)
    assert the_broadcast(app, address).told == 5
    assert len({talk for talk, _ in messages(app)}) == len(messages(app)) == 5


@pytest.mark.usefixtures("small_parts")
def test_it_can_be_stopped_on_its_way(app: Flask, mara: Person, host: PageClient) -> None:
    some_followers(app, mara, 6)
    address = sent(host)
    with app.app_context():
        for _ in range(4):  # the list in three parts, and the first two people
            work.drain(("bulk",), at_most=1)
    shown = host.get(address)
    assert "2 of 6" in shown.text
    host.send(shown.form(f"{address}/stop"))
    all_told(app)
    one = the_broadcast(app, address)
    assert (one.state, one.told) == ("stopped", 2)
    assert "Not sent to 4" in host.get(address).text
    assert len(messages(app)) == 2


def test_it_goes_out_at_its_time(app: Flask, host: PageClient, ben: Person, fixed_clock: FixedClock) -> None:
    at = clock.now() + timedelta(hours=2)
    address = sent(host, send_at=f"{at:%Y-%m-%dT%H:%M}", utc_offset="0")
    with app.app_context():
        jobs.begin_due()
    all_told(app)
    assert the_broadcast(app, address).state == "scheduled"
    fixed_clock.move(timedelta(hours=2, minutes=1))
    with app.app_context():
        jobs.begin_due()
        jobs.begin_due()
    all_told(app)
    assert the_broadcast(app, address).told == 1
    assert heard(app, ben) == ["News from the darkroom"]


def test_what_is_scheduled_can_be_taken_back(app: Flask, host: PageClient, ben: Person) -> None:
    at = clock.now() + timedelta(hours=2)
    address = sent(host, send_at=f"{at:%Y-%m-%dT%H:%M}")
    shown = host.get(address)
    host.send(shown.form(f"{address}/take-back"))
    assert the_broadcast(app, address).state == "draft"
    assert host.send(shown.form(f"{address}/take-back"), idempotency_key=new_key()).status == 422


def test_what_a_thief_scheduled_is_told_to_nobody_once_the_account_is_taken_back(
    app: Flask, mara: Person, host: PageClient, ben: Person, fixed_clock: FixedClock
) -> None:
    soon = f"{clock.now() + timedelta(hours=3):%Y-%m-%dT%H:%M}"
    mine = sent(host, send_at=soon)
    fixed_clock.move(timedelta(minutes=1))
    ask(host)
    confirm(app, host)
    planted = sent(host, "Send me coins", send_at=soon)
    assert listed(take_back(app, mara)) == ["A scheduled broadcast; it is a draft again"]
    fixed_clock.move(timedelta(hours=4))
    with app.app_context():
        jobs.begin_due()
    assert [the_broadcast(app, one).state for one in (mine, planted)] == ["listing", "draft"]


def test_what_was_changed_after_a_look_is_looked_at_again(app: Flask, host: PageClient, ben: Person) -> None:
    address = written(host)
    looked = host.get(address).form(f"{address}/send")
    host.send(host.get(f"{address}/edit").form(f"{address}/edit"), body="Something else")
    refused = host.send(looked)
    assert refused.status == 422 and "Look at it again" in refused.text
    assert the_broadcast(app, address).state == "draft"


def test_two_windows_do_not_overwrite_each_other(app: Flask, host: PageClient) -> None:
    edit = f"{written(host, 'common')}/edit"
    here, there = (host.get(edit).form(edit) for _ in range(2))
    host.send(here, body="from here", intent="draft")
    refused = host.send(there, body="from there", price="no price", intent="draft")
    page = host.send(refused.form(edit), price="", intent="draft")
    assert "in another window" in page.text
    assert page.one("#other-text").get_text() == "from here"
    assert not page.soup.select("#other-locked, #other-terms")
    assert page.form(edit).fields["body"] == "from there"
    assert host.get(edit).form(edit).fields["body"] == "from here"
    host.send(page.form(edit), intent="draft")
    assert host.get(edit).form(edit).fields["body"] == "from there"


def test_nothing_of_the_other_window_is_replaced_unseen(
    app: Flask, mara: Person, host: PageClient, fixed_clock: FixedClock
) -> None:
    a_tier(app, mara, name="Gold")
    edit = f"{written(host, 'common')}/edit"
    here, there = (host.get(edit).form(edit) for _ in range(2))
    gold = host.get(edit).one("[name=tiers]")["value"]
    later = f"{clock.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"
    chosen: dict[str, Any] = {
        "who": "subscribers",
        "tiers": [gold],
        "spent": "20",
        "language": "en",
        "send_at": later,
    }
    files = [str(a_picture(app, mara, purpose="message", attached=False)["id"])]
    host.send(here, body="", locked="The long letter", price="5", media=files, intent="draft", **chosen)
    refused = host.send(there, intent="draft")
    assert refused.one("#other-text").get_text() == ""
    assert refused.one("#other-locked").get_text() == "The long letter"
    told = refused.one("#other-terms").get_text(" ", strip=True)
    for one in ("Subscribers of Gold", "$20.00", "English", "$5.00", later.replace("T", " "), "Files: 1"):
        assert one in told
    host.send(refused.form(edit), intent="draft")
    assert host.get(edit).form(edit).fields["body"] == "common"


def test_what_was_scheduled_is_no_draft_again_by_an_older_window(app: Flask, host: PageClient) -> None:
    later = f"{clock.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"
    address = written(host, "common", send_at=later)
    older = host.get(f"{address}/edit").form(f"{address}/edit")
    confirmed(host, address)
    refused = host.send(older, body="another word", intent="draft")
    assert the_broadcast(app, address).state == "scheduled"
    assert "scheduled in another window" in refused.text
    assert "waits to be confirmed again" in refused.text
    assert refused.form(f"{address}/edit").fields["body"] == "another word"
    host.send(refused.form(f"{address}/edit"), intent="draft")
    assert the_broadcast(app, address).state == "draft"


def test_a_second_click_sends_it_once(app: Flask, host: PageClient, ben: Person) -> None:
    address = written(host)
    form = host.get(address).form(f"{address}/send")
    host.send(form)
    host.send(form)
    all_told(app)
    assert heard(app, ben) == ["News from the darkroom"]


def test_it_counts_as_new_for_who_reads_and_disturbs_nobody_who_writes(
    app: Flask, mara: Person, host: PageClient, ben: Person
) -> None:
    zoe, kit = a_person(app, "zoe"), a_person(app, "kit")
    for fan in (zoe, kit):
        follows(app, fan, mara)
    asks = begin(signed_in(app, zoe), "mara", "Is the big one for sale?")
    begin(signed_in(app, kit), "mara", "Hello")
    before = [one.get_text() for one in host.get("/messages").soup.select(".talk .name")]
    sent(host)
    all_told(app)
    with app.app_context():
        assert [unread(one.id) for one in (ben, zoe, kit)] == [1, 1, 1]
        # Those who asked wait for an answer as before; nobody else counts.
        assert unread(mara.id) == 2
    lines = host.get("/messages").soup.select(".talks li")
    assert [line.select_one(".name").get_text() for line in lines] == before  # type: ignore[union-attr]
    assert [one.get_text(strip=True) for one in host.get("/messages").soup.select(".count")] == [
        "1new",
        "1new",
    ]
    assert words_of(host.get(asks)) == ["Is the big one for sale?", "News from the darkroom"]
    # It comes back into the list once it is answered.
    answers = signed_in(app, ben)
    say(answers, answers.get("/messages/to/mara", follow=False).location.partition("#")[0], "Lovely")
    assert "Ben" in host.get("/messages").text


def test_the_numbers_of_a_conversation_stay_without_a_gap(
    app: Flask, mara: Person, host: PageClient, ben: Person
) -> None:
    talk = begin(signed_in(app, ben), "mara", "One")
    sent(host, "Two")
    all_told(app)
    say(host, talk, "Three")
    with app.app_context():
        one = db.session.scalars(select(Conversation)).one()
        assert (one.last_seq, one.last_change) == (3, 3)
        rows = db.session.scalars(select(Message).order_by(Message.seq)).all()
        assert [(row.seq, row.change, unseal(row.sealed_body)) for row in rows] == [
            (1, 1, "One"),
            (2, 2, "Two"),
            (3, 3, "Three"),
        ]


def test_nothing_is_kept_that_could_be_read(app: Flask, host: PageClient, ben: Person) -> None:
    sent(host, "Only for those who follow")
    all_told(app)
    with app.app_context():
        for table in ("broadcasts", "broadcast_recipients", "messages", "conversation_members"):
            rows = db.session.execute(db.text(f"select t::text from {table} t")).scalars().all()  # noqa: S608
            assert rows and not [row for row in rows if "Only for those" in row]


def test_whom_one_may_not_write_to_is_left_out(app: Flask, mara: Person, host: PageClient) -> None:
    fans = {name: a_person(app, name) for name in ("hides", "blocked", "gone", "quiet", "here")}
    address = written(host)
    for fan in fans.values():
        follows(app, fan, mara)
    confirmed(host, address)
    with app.app_context():
        work.drain(("bulk",), at_most=1)
    # After the list was made, and before it is gone through.
    with app.app_context(), transaction():
        hiding.hide(fans["hides"].id, mara.id)
        db.session.get_one(User, fans["gone"].id).state = "suspended"
    blocks(app, mara, fans["blocked"])
    quiet = signed_in(app, fans["quiet"])
    talk = begin(quiet, "mara", "Hello")
    news = quiet.get(f"{talk}/news").form(f"{talk}/news")
    quiet.send(news.without("news"))
    all_told(app)
    one = the_broadcast(app, address)
    assert (one.state, one.people, one.told, one.skipped) == ("done", 5, 1, 4)
    assert heard(app, fans["here"]) == ["News from the darkroom"]
    assert "Left out 4" in host.get(address).text
    with app.app_context():
        assert (
            db.session.scalar(select(func.count()).select_from(Recipient).where(Recipient.seq.is_(None))) == 4
        )


@pytest.mark.parametrize("how", ["suspended", "closed"])
def test_who_is_not_here_any_more_tells_nobody_else(
    app: Flask, mara: Person, host: PageClient, ben: Person, how: str
) -> None:
    address = sent(host)
    with app.app_context(), transaction():
        if how == "closed":
            pages.close(mara.id)
        else:
            db.session.get_one(User, mara.id).state = "suspended"
    all_told(app)
    assert the_broadcast(app, address).state == "stopped"
    assert messages(app) == []


def test_who_keeps_their_reading_to_themselves_is_not_counted(
    app: Flask, mara: Person, host: PageClient, ben: Person
) -> None:
    fan = signed_in(app, ben)
    fan.send(fan.get("/settings/messages").form("/settings/messages").without("shows_read"))
    address = sent(host)
    all_told(app)
    assert heard(app, ben) == ["News from the darkroom"]
    counted(app)
    assert "Read by 0" in host.get(address).text
    host.send(host.get("/settings/messages").form("/settings/messages").without("shows_read"))
    assert "Read by —" in host.get(address).text


def test_the_list_is_forgotten_once_nothing_is_counted_any_more(
    app: Flask, host: PageClient, ben: Person, fixed_clock: FixedClock
) -> None:
    address = sent(host)
    all_told(app)
    heard(app, ben)
    counted(app)
    fixed_clock.move(timedelta(days=90))
    counted(app)
    one = the_broadcast(app, address)
    assert (one.told, one.read, one.count_at) == (1, 1, None)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Recipient)) == 0


def test_who_has_just_come_sends_nobody_elsewhere(
    app: Flask, mara: Person, host: PageClient, ben: Person
) -> None:
    address = written(host, "Look at https://example.org/prints")
    assert host.get(address).one(".thread a.link")["href"] == "https://example.org/prints"
    assert "a day after you joined" in confirmed(host, address).text
    with app.app_context(), transaction():
        db.session.get_one(User, mara.id).created_at -= timedelta(days=2)
    assert "Going out" in confirmed(host, address).text


def test_there_are_only_so_many_a_day(app: Flask, host: PageClient, ben: Person) -> None:
    for _ in range(10):
        sent(host)
    refused = confirmed(host, written(host))
    assert refused.status == 422 and "many things today" in refused.text


def test_a_part_takes_the_same_statements_however_many_they_are(
    app: Flask, mara: Person, host: PageClient
) -> None:
    def statements() -> int:
        address = sent(host)
        with app.app_context():
            work.drain(("bulk",), at_most=1)
        with app.app_context(), counting(app) as told, transaction():
            delivering.tell(UUID(address.rpartition("/")[2]))
        all_told(app)
        return len(told)

    some_followers(app, mara, 2)
    few = statements()
    some_followers(app, mara, 10)
    assert statements() == few <= 16


def test_pages_ask_the_same_however_many_there_are(app: Flask, host: PageClient, ben: Person) -> None:
    def statements() -> list[int]:
        found = []
        for path in (HOME, f"{HOME}/new", address):
            host.get(path)
            with counting(app) as asked:
                assert host.get(path).status == 200
            found.append(len(asked))
        return found

    address = sent(host)
    all_told(app)
    few = statements()
    for number in range(5):
        written(host, f"Number {number}")
    assert statements() == few
    assert max(few) <= 9


def test_who_leaves_takes_along_what_they_told(
    app: Flask, mara: Person, host: PageClient, ben: Person
) -> None:
    sent(host)
    all_told(app)
    with app.app_context(), transaction():
        told = {one.name: list(one.export(mara.id)) for one in personal_data.held_tables()}
        assert told["broadcasts"][0]["words"] == "News from the darkroom"
        mine = {one.name: list(one.export(ben.id)) for one in personal_data.held_tables()}
        assert len(mine["broadcast_recipients"]) == 1
        personal_data.erase(mara.id)
        assert db.session.scalar(select(func.count()).select_from(Recipient)) == 0
        assert db.session.scalars(select(Message.sealed_body)).all() == [None]
        assert db.session.scalars(select(Member)).all()
