"""Two people write to each other, by forms and pages alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.accounts.models import User
from app.chat.models import MESSAGE_MAX, Message
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from tests.chat.talking import (
    HTMX,
    all_said,
    begin,
    first_page,
    first_words,
    say,
    says_much,
    the_conversation,
    words_of,
)
from tests.factories.creators import a_creator, blocks
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient
from tests.queries import counting


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara")


@pytest.fixture
def ben(app: Flask) -> Person:
    """Who has been here for a while."""
    ben = a_person(app, "ben")
    with app.app_context(), transaction():
        db.session.get_one(User, ben.id).created_at = clock.now() - timedelta(days=30)
    return ben


@pytest.fixture
def fan(app: Flask, ben: Person) -> PageClient:
    return signed_in(app, ben)


@pytest.fixture
def host(app: Flask, mara: Person) -> PageClient:
    return signed_in(app, mara)


@pytest.fixture
def talk(fan: PageClient, mara: Person) -> str:
    return begin(fan, "mara", "Did the contact sheet arrive?")


def test_a_fan_writes_and_the_creator_answers(fan: PageClient, host: PageClient, talk: str) -> None:
    inbox = host.get("/messages")
    assert "Did the contact sheet arrive?" in inbox.text and "1 new" in inbox.text
    say(host, talk, "Yes! Frame 17 is unreal.")
    page = fan.get(talk)
    assert words_of(page) == ["Did the contact sheet arrive?", "Yes! Frame 17 is unreal."]
    assert [("bubble-mine" in one["class"]) for one in page.soup.select("li[data-seq]")] == [True, False]


def test_a_page_without_scripts_shows_what_was_sent_after_sending(fan: PageClient, talk: str) -> None:
    page = say(fan, talk, "And another thing")
    assert words_of(page)[-1] == "And another thing"
    assert page.one("textarea[name=body]").get_text() == ""


def test_whoever_opens_it_has_read_it(fan: PageClient, host: PageClient, talk: str) -> None:
    assert "Sent" in fan.get(talk).one("[data-mark]").get_text()
    host.get(talk)
    assert "Read" in fan.get(talk).one("[data-mark]").get_text()
    assert "new" not in host.get("/messages").text


def test_a_page_that_is_fetched_ahead_is_not_read(fan: PageClient, host: PageClient, talk: str) -> None:
    ahead: Any = {"Sec-Purpose": "prefetch"}
    host.get(talk, **ahead)
    assert "Sent" in fan.get(talk).one("[data-mark]").get_text()


def test_it_reached_somebody_before_they_read_it(fan: PageClient, host: PageClient, talk: str) -> None:
    token = host.get("/messages").form("/logout").fields["csrf_token"]
    host.post(f"{talk}/seen", {"csrf_token": token, "delivered": "1"})
    assert "Delivered" in fan.get(talk).one("[data-mark]").get_text()
    # Nobody reads further than what was said.
    host.post(f"{talk}/seen", {"csrf_token": token, "read": "99"})
    say(fan, talk, "One more")
    assert "Sent" in fan.get(talk).one("[data-mark]").get_text()


def test_the_same_form_sent_twice_is_one_message(app: Flask, fan: PageClient, talk: str) -> None:
    form = fan.get(talk).form(talk)
    for _ in range(2):
        assert fan.send(form, body="Once", follow=False).status == 303
    assert [words for *_, words in all_said(app)].count("Once") == 1


def test_a_script_that_sends_again_gets_the_same_message(app: Flask, fan: PageClient, talk: str) -> None:
    """Its key is known long after the platform has forgotten the form."""
    form = fan.get(talk).form(talk).fill(body="Once")
    fan.post(talk, form.fields, **HTMX)
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("delete from idempotency_keys")
    answer = fan.post(talk, form.fields, **HTMX)
    assert answer.soup.select_one("li#m-2") is not None
    assert [words for *_, words in all_said(app)].count("Once") == 1


def test_many_at_once_have_one_order_without_gaps(
    app: Flask, mara: Person, ben: Person, host: PageClient, fan: PageClient, talk: str
) -> None:
    def write(number: int) -> int:
        client = signed_in(app, mara if number % 2 else ben)
        return say(client, talk, f"Number {number}").status

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(write, range(24))) == {200}
    assert [seq for seq, *_ in all_said(app)] == list(range(1, 26))
    assert words_of(host.get(talk)) == words_of(fan.get(talk))


def test_two_who_begin_at_once_are_in_one_conversation(app: Flask) -> None:
    """Each has an empty page open, and does not know of the other's words."""
    ana, lou = (signed_in(app, a_creator(app, handle)) for handle in ("ana", "lou"))
    open_pages = [(ana, first_page(ana, "lou")), (lou, first_page(lou, "ana"))]
    with ThreadPoolExecutor(2) as pool:
        found = set(pool.map(lambda way: first_words(*way), open_pages))
    assert len(found) == 1
    assert the_conversation(app)[1] == 2


@pytest.mark.parametrize("words", ["", "   ", "\u200b\u200b", "x" * (MESSAGE_MAX + 1)])
def test_what_cannot_be_sent_is_said_beside_the_line(
    app: Flask, fan: PageClient, talk: str, words: str
) -> None:
    page = say(fan, talk, words)
    assert page.status == 422
    assert page.errors["body"]
    assert len(all_said(app)) == 1


def test_words_stay_words(fan: PageClient, talk: str) -> None:
    page = say(
        fan, talk, '<img src=x onerror=alert(1)> & "quotes" https://example.com/?a=1&b=<2 javascript:alert(1)'
    )
    last = page.soup.select("li[data-seq]")[-1]
    assert not last.select("img")
    links = last.select("p.said a")
    assert [link["href"] for link in links] == ["https://example.com/?a=1&b="]
    assert {"nofollow", "noopener", "noreferrer", "ugc"} <= set(links[0]["rel"])


@pytest.mark.parametrize(
    "address",
    [
        "https://xn--80ak6aa92e.com.evil@host.com",
        "http://\u0430\u0440\u0440\u04cf\u0435.com",
        "http://localhost/x",
    ],
)
def test_an_address_that_pretends_is_no_link(fan: PageClient, talk: str, address: str) -> None:
    page = say(fan, talk, f"Look at {address}")
    assert not page.soup.select("li[data-seq]")[-1].select("p.said a")
    assert address in words_of(page)[-1]


def test_what_was_said_is_sealed_in_the_table(app: Flask, fan: PageClient, talk: str) -> None:
    say(fan, talk, "The lantern is under the stairs")
    with app.app_context():
        sealed = [str(row.sealed_body) for row in db.session.query(Message)]
        told = [str(row.data) for row in db.session.query(AuditRecord)]
    assert not any("lantern" in text for text in (*sealed, *told))


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_beyond_the_last_word_there_is_nothing(host: PageClient, talk: str, headers: Any) -> None:
    for place in ("after=999", "before=0", "around=999"):
        shown = host.get(f"{talk}?{place}", **headers)
        assert shown.status == 200


def test_nobody_else_comes_in(app: Flask, talk: str, page: PageClient) -> None:
    other = signed_in(app, a_creator(app, "oskar"))
    token = other.get("/messages").form("/logout").fields["csrf_token"]
    key = {"csrf_token": token, "idempotency_key": "k" * 20}
    assert page.get(talk, follow=False).location.startswith("/login")
    for path in (talk, f"{talk}/1", f"{talk}/changes?since=0"):
        assert other.get(path).status == 404
    tries: dict[str, dict[str, Any]] = {
        "": {"body": "Hi"}, "/seen": {"read": 1}, "/typing": {}, "/draft": {"body": "x"}, "/mute": {"on": 1},
        "/away": {"on": 1}, "/1/edit": {"body": "x"}, "/1/unsend": {}, "/1/react": {"sign": "🔥"},
    }  # fmt: skip
    for path, fields in tries.items():
        refused = other.post(f"{talk}{path}", {**key, **fields}).status
        assert refused == (204 if path == "/seen" else 404), path
    assert all_said(app) == [(1, 1, "Did the contact sheet arrive?")]
    assert "Sent" in signed_in_mark(app, talk)


def signed_in_mark(app: Flask, talk: str) -> str:
    with app.app_context():
        ben = db.session.execute(db.text("select id from users where handle = 'ben'")).scalar_one()
    return signed_in(app, Person(ben, "ben", "")).get(talk).one("[data-mark]").get_text()


def test_it_is_changed_for_a_quarter_of_an_hour(
    app: Flask, fan: PageClient, host: PageClient, talk: str, fixed_clock: FixedClock
) -> None:
    edit = f"{talk}/1/edit"
    assert fan.send(fan.get(f"{talk}/1").form(edit), body="Did the sheet arrive?").status == 200
    page = host.get(talk)
    assert words_of(page) == ["Did the sheet arrive?"] and "changed" in page.text
    form = fan.get(f"{talk}/1").form(edit)
    fixed_clock.move(timedelta(minutes=16))
    refused = fan.send(form, body="Too late")
    assert refused.status == 422 and "quarter of an hour" in refused.errors["body"]
    assert not host.get(f"{talk}/1").has_form(edit)


def test_it_is_taken_back_for_both(app: Flask, fan: PageClient, host: PageClient, talk: str) -> None:
    host.send(host.get(f"{talk}/1").form(f"{talk}/1/react"), sign="🔥")
    assert not host.get(f"{talk}/1").has_form(f"{talk}/1/unsend")
    fan.send(fan.get(f"{talk}/1").form(f"{talk}/1/unsend"))
    for side in (fan, host):
        page = side.get(talk)
        assert "contact sheet" not in page.html and "🔥" not in page.text
        assert "aken back" in page.text or "took this back" in page.text
    assert all_said(app)[0][2] == ""
    assert "Taken back" in host.get("/messages").text


def test_a_sign_is_given_changed_and_taken_away(fan: PageClient, host: PageClient, talk: str) -> None:
    about = f"{talk}/1"
    for sign, shown in (("🔥", "🔥"), ("👏", "👏"), ("", "")):
        host.send(host.get(about).form(f"{about}/react"), sign=sign)
        assert (
            "".join(one.get_text(strip=True) for one in fan.get(talk).soup.select(".bubble .signs")) == shown
        )
    refused = host.send(host.get(about).form(f"{about}/react"), sign="<b>")
    assert refused.status == 422


def test_an_answer_shows_what_it_answers(fan: PageClient, host: PageClient, talk: str) -> None:
    form = host.get(f"{talk}?answer=1").form(talk)
    page = host.send(form, body="It did")
    assert page.one("li#m-2 .quote").get_text(strip=True) == "Did the contact sheet arrive?"
    fan.send(fan.get(f"{talk}/1").form(f"{talk}/1/unsend"))
    assert host.get(talk).one("li#m-2 .quote").get_text(strip=True) == "Taken back"


def test_a_page_that_missed_something_asks_for_what_changed(
    fan: PageClient, host: PageClient, talk: str
) -> None:
    say(fan, talk, "Two")
    fan.send(fan.get(f"{talk}/1").form(f"{talk}/1/edit"), body="One, changed")
    since = host.get(f"{talk}/changes?since=1", **HTMX)
    assert [one["data-seq"] for one in since.soup.select("li")] == ["1", "2"]
    assert since.one("ol")["data-changes"] == "3"
    assert not host.get(f"{talk}/changes?since=3", **HTMX).soup.select("li")


def test_what_is_typed_and_not_sent_waits(fan: PageClient, talk: str) -> None:
    token = fan.get(talk).form(talk).fields["csrf_token"]
    fan.post(f"{talk}/draft", {"csrf_token": token, "body": "Half a thou"})
    assert fan.get(talk).one("textarea").get_text() == "Half a thou"
    say(fan, talk, "A whole thought")
    assert fan.get(talk).one("textarea").get_text() == ""


def test_a_long_history_is_read_in_parts_both_ways(
    app: Flask, ben: Person, fan: PageClient, talk: str
) -> None:
    says_much(app, ben, talk, (f"Number {number}" for number in range(2, 72)))
    page = fan.get(talk)
    assert words_of(page)[0] == "Number 42" and words_of(page)[-1] == "Number 71"
    earlier = fan.get(str(page.one("[data-earlier] a")["href"]))
    assert words_of(earlier)[0] == "Number 12" and words_of(earlier)[-1] == "Number 41"
    assert "To the latest" in earlier.text
    around = fan.get(f"{talk}?around=20")
    assert "Number 20" in words_of(around)
    later = fan.get(str(around.one("[data-later] a")["href"]))
    assert words_of(later)[0] == f"Number {int(words_of(around)[-1].split()[1]) + 1}"


@pytest.mark.parametrize("count", [3, 30])
def test_a_conversation_costs_the_same_for_few_and_many(
    app: Flask, ben: Person, fan: PageClient, talk: str, count: int
) -> None:
    says_much(app, ben, talk, (f"Number {number}" for number in range(count)))
    fan.get(talk)
    with counting(app) as sent:
        fan.get(talk)
    assert len(sent) <= 4, sent
    with counting(app) as sent:
        fan.get("/messages")
    assert len(sent) <= 2, sent


def test_a_muted_talk_does_not_count_and_one_put_away_comes_back(
    fan: PageClient, host: PageClient, talk: str
) -> None:
    host.send(host.get(talk).form(f"{talk}/mute"))
    say(fan, talk, "Psst")
    assert not host.get("/messages").soup.select(".talk-new")
    host.send(host.get(talk).form(f"{talk}/away"))
    assert "Ben" not in host.get("/messages").one("main").get_text()
    assert "Ben" in host.get("/messages?away=1").one("main").get_text()
    say(fan, talk, "Still there?")
    assert "Ben" in host.get("/messages").one("main").get_text()


def test_people_are_found_in_the_list(app: Flask, host: PageClient, talk: str) -> None:
    begin(signed_in(app, a_person(app, "zoe")), "mara", "Hi")
    assert "Zoe" in host.get("/messages?q=zo").one("main").get_text()
    assert "Ben" not in host.get("/messages?q=@zoe").one("main").get_text()
    assert "Nobody like that" in host.get("/messages?q=sheet").text


def test_whoever_is_blocked_writes_nothing_more(
    app: Flask, mara: Person, ben: Person, fan: PageClient, talk: str
) -> None:
    form = fan.get(talk).form(talk)
    blocks(app, mara, ben)
    refused = fan.send(form, body="Why?")
    assert refused.status == 422 and "takes no messages from you" in refused.text
    assert not fan.get(talk).has_form(talk)
    assert len(all_said(app)) == 1


def test_nothing_follows_from_an_empty_list(app: Flask) -> None:
    page = signed_in(app).get("/messages")
    assert "Nobody has written yet" in page.text


def test_a_moment_is_told_in_the_order_of_the_numbers(app: Flask, fan: PageClient, talk: str) -> None:
    say(fan, talk, "Two")
    with app.app_context():
        at = [row.created_at for row in db.session.query(Message).order_by(Message.seq)]
    assert at == sorted(at) and at[-1] <= clock.now()


def waiting(client: PageClient) -> int:
    return int(client.http.get("/live/counts").get_json()["/messages"])


def test_how_many_talks_wait_is_known_to_open_pages(
    app: Flask, host: PageClient, fan: PageClient, talk: str
) -> None:
    say(fan, talk, "And another thing")
    begin(signed_in(app, a_person(app, "zoe")), "mara", "Hi")
    assert waiting(host) == 2
    host.get(talk)
    assert waiting(host) == 1
    assert waiting(fan) == 0


def test_the_list_says_of_which_year_a_day_is(app: Flask, ben: Person, mara: Person) -> None:
    said = clock.now().replace(month=11, day=24)
    for years, day in ((0, "24 Nov"), (1, f"24 Nov {said.year}")):
        with clock.using(FixedClock(said.replace(year=said.year + years))):
            fan = signed_in(app, ben)
            if not years:
                begin(fan, "mara", "Is the darkroom open?")
            assert fan.get("/messages").one(".talk-end time").text == day
