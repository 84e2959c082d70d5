"""Handing out: public for good, closed to whom it is open, nothing five seconds after access ended."""

import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from app.accounts.models import User
from app.creators.operations import pages
from app.entitlements.operations import grants
from app.entitlements.rules import Audience, Closed, Kind, Lock
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.media import addresses, delivery, doors, holders
from app.media.holders import Showing
from app.media.operations import holding
from app.media.shown import Described
from app.platform.storage import storage
from app.platform.transaction import transaction
from tests.factories.media import a_picture
from tests.factories.people import Person, a_person, signed_in
from tests.media.conftest import Desk, set_up_with
from tests.page_client import PageClient
from tests.posts.authors import an_author
from tests.queries import counting
from tests.support import eventually

HELD = UUID("01890a5d-ac96-774b-bcce-b302099a8000")
_locks: dict[UUID, Lock] = {}
_shown: set[UUID] = set()


@pytest.fixture(autouse=True)
def shelf() -> None:
    """Something that shows media, as posts do."""
    _locks.clear()
    _shown.clear()
    holders.register("shelf", lambda one: Showing(_locks[one], frozenset(_shown)) if one in _locks else None)


def lock(creator: Person, audience: Audience, price: int | None = None) -> None:
    _locks[HELD] = Lock(HELD, creator.id, audience, rank=1, price=price)


def closed_address(app: Flask, shown: Described, person: Person | None, name: str = "w320") -> str:
    _shown.add(UUID(shown["id"]))
    with app.app_context():
        who = person.id if person else None
        return addresses.address(shown, name, holder=("shelf", HELD), viewer_id=who)


def public_address(app: Flask, shown: Described, name: str = "w320") -> str:
    with app.app_context():
        return addresses.public_address(shown, name)


@pytest.fixture
def fan(app: Flask) -> Person:
    return a_person(app, "fan")


@pytest.fixture
def subscribed(desk: Desk, fan: Person) -> Person:
    with desk.app.app_context(), transaction():
        grants.grant(fan.id, desk.person.id, Kind.SUBSCRIPTION, cause="test", extent=grants.Extent(1))
    return fan


def unsubscribe(app: Flask, person: Person) -> None:
    with app.app_context(), transaction():
        grants.revoke(person.id, cause="test")


def test_a_public_picture_is_everybodys_for_good(app: Flask, desk: Desk) -> None:
    shown = a_picture(app, desk.person, public=True)
    answer = app.test_client().get(public_address(app, shown))
    assert answer.status_code == 200
    assert answer.content_type == "image/webp"
    assert answer.headers["Cache-Control"] == "public, max-age=2592000, immutable"
    assert "Set-Cookie" not in answer.headers
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    again = app.test_client().get(
        public_address(app, shown), headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("how", ["suspended", "taken down"])
def test_what_somebody_posted_loses_its_addresses_with_their_page(app: Flask, desk: Desk, how: str) -> None:
    """Their face does not: it stands beside what they said elsewhere."""
    shown, gated = a_picture(app, desk.person, public=True), a_picture(app, desk.person)
    face = a_picture(app, desk.person, public=True, purpose="avatar")
    posted = [public_address(app, shown), public_address(app, gated, "teaser")]
    with app.app_context(), transaction():
        if how == "suspended":
            db.session.get_one(User, desk.person.id).state = how
        else:
            grants.deny(desk.person.id, Closed.TAKEDOWN, cause="report")
    assert [app.test_client().get(one).status_code for one in posted] == [404, 404]
    assert app.test_client().get(public_address(app, face, "square96")).status_code == 200


def test_what_stood_on_a_page_that_closed_is_its_owners_until_it_opens(app: Flask) -> None:
    author = an_author(app)
    media_id = a_picture(app, author.id, attached=False)["id"]
    post = author.write(title="Sea", media=[media_id])
    here = str(author.page.get(f"/posts/{post}").one("img[src*='/media/p/']")["src"])
    desk = ["/dashboard/media", f"/posts/{post}/edit", f"/posts/{post}/preview"]

    def fetched(by: PageClient, address: str) -> int:
        doors.clear()
        return by.http.get(address).status_code

    def turn(change: Callable[[UUID], bool]) -> None:
        with app.app_context(), transaction():
            change(author.id)

    turn(pages.close)
    assert fetched(PageClient(app), here) == 404
    for page in desk:
        own = author.page.get(page).one("main img[src*='/media/']")
        assert fetched(author.page, str(own["src"])) == 200
    turn(pages.reopen)
    assert fetched(PageClient(app), here) == 200


def test_a_picture_is_everybodys_from_the_moment_its_post_is_out(app: Flask) -> None:
    """Also where its author was shown it a second before, as a draft."""
    author = an_author(app)
    media_id = a_picture(app, author.id, attached=False)["id"]
    post = author.write("draft", title="Sea", media=[media_id])
    own = author.page.get(f"/posts/{post}/edit").one("main img[src*='/media/']")
    assert author.page.http.get(str(own["src"])).status_code == 200
    author.page.send(author.editor(post), intent="publish")
    shown = author.page.get(f"/posts/{post}").one("article img[src*='/media/p/']")
    assert app.test_client().get(str(shown["src"])).status_code == 200


def test_the_cover_of_a_closed_page_is_its_owners_until_it_opens(app: Flask) -> None:
    author = an_author(app, "mara")
    cover = a_picture(app, author.id, public=True, purpose="cover")
    turns: list[Callable[[UUID], bool]] = [
        lambda id_: pages.show_cover(id_, cover),
        pages.close,
        pages.reopen,
    ]
    for turn, open_ in zip(turns, (True, False, True), strict=True):
        with app.app_context(), transaction():
            turn(author.id)
        doors.clear()
        assert app.test_client().get(public_address(app, cover, "w800")).status_code == (
            200 if open_ else 404
        )
        for page in ("/@mara", "/dashboard/page"):
            shown = author.page.get(page).one("img.cover")
            sources = [str(shown["src"]), *str(shown.get("srcset", "")).split(", ")]
            found = [author.page.http.get(one.split()[0]).status_code for one in sources if one]
            assert set(found) == {200}


def test_of_a_closed_picture_everybody_gets_the_teaser_and_nothing_else(app: Flask, desk: Desk) -> None:
    shown = a_picture(app, desk.person)
    assert app.test_client().get(public_address(app, shown, "teaser")).status_code == 200
    for name in ("w320", "w800"):
        assert app.test_client().get(public_address(app, shown, name)).status_code == 404
    guessed = public_address(app, shown).replace(shown["secret"], "a" * 24)
    assert app.test_client().get(guessed).status_code == 404
    assert (
        app.test_client().get(f"/media/p/{shown['id']}/{shown['secret']}/teaser.w800.webp").status_code == 404
    )


def test_who_may_see_it_does(app: Flask, desk: Desk, subscribed: Person) -> None:
    lock(desk.person, Audience.SUBSCRIBERS)
    shown = a_picture(app, desk.person)
    page = signed_in(app, subscribed)
    answer = page.http.get(closed_address(app, shown, subscribed))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert desk.page.http.get(closed_address(app, shown, desk.person)).status_code == 200


def test_an_address_is_of_use_to_its_viewer_alone(app: Flask, desk: Desk, subscribed: Person) -> None:
    lock(desk.person, Audience.SUBSCRIBERS)
    address = closed_address(app, a_picture(app, desk.person), subscribed)
    assert app.test_client().get(address).status_code == 404
    assert signed_in(app, a_person(app)).http.get(address).status_code == 404
    assert desk.page.http.get(address).status_code == 404


@pytest.mark.parametrize(
    "bent", [lambda a: a[:-3] + "xyz", lambda a: "/media/" + "A" * 120, lambda a: a + "A" * 500]
)
def test_a_bent_address_is_none(app: Flask, desk: Desk, subscribed: Person, bent: object) -> None:
    lock(desk.person, Audience.SUBSCRIBERS)
    address = closed_address(app, a_picture(app, desk.person), subscribed)
    assert callable(bent)
    assert signed_in(app, subscribed).http.get(bent(address)).status_code == 404


def test_an_address_ends_and_is_the_same_for_an_hour(app: Flask, desk: Desk, subscribed: Person) -> None:
    lock(desk.person, Audience.SUBSCRIBERS)
    shown = a_picture(app, desk.person)
    hour = clock.now().replace(minute=10, second=0, microsecond=0)
    with clock.using(FixedClock(hour)):
        address = closed_address(app, shown, subscribed)
    with clock.using(FixedClock(hour + timedelta(minutes=45))):
        assert closed_address(app, shown, subscribed) == address
    page = signed_in(app, subscribed)
    with clock.using(FixedClock(hour + timedelta(hours=7))):
        assert page.http.get(address).status_code == 404


@pytest.mark.parametrize(
    ("audience", "price", "status"),
    [(Audience.SUBSCRIBERS, None, 402), (Audience.PAID, 500, 402), (Audience.FOLLOWERS, None, 403)],
)
def test_a_closed_door_says_what_would_open_it(
    app: Flask, desk: Desk, fan: Person, audience: Audience, price: int | None, status: int
) -> None:
    lock(desk.person, audience, price)
    shown = a_picture(app, desk.person)
    assert signed_in(app, fan).http.get(closed_address(app, shown, fan)).status_code == status


def test_what_is_hidden_gone_or_let_go_does_not_exist(app: Flask, desk: Desk, subscribed: Person) -> None:
    shown = a_picture(app, desk.person)
    page, address = signed_in(app, subscribed), closed_address(app, shown, subscribed)
    assert page.http.get(address).status_code == 404  # nothing holds it
    lock(desk.person, Audience.SUBSCRIBERS)
    doors.clear()
    assert page.http.get(address).status_code == 200
    with app.app_context(), transaction():
        holding.release([UUID(shown["id"])])
    doors.clear()
    assert page.http.get(address).status_code == 404
    with app.app_context(), transaction():
        holding.attach([UUID(shown["id"])], desk.person.id, public=False)
        grants.deny(desk.person.id, Closed.BLOCK, cause="block", user_id=subscribed.id)
    doors.clear()
    assert page.http.get(address).status_code == 404


def test_access_ends_at_once(app: Flask, desk: Desk, subscribed: Person) -> None:
    lock(desk.person, Audience.SUBSCRIBERS)
    page = signed_in(app, subscribed)
    address = closed_address(app, a_picture(app, desk.person), subscribed)
    assert page.http.get(address).status_code == 200
    unsubscribe(app, subscribed)
    assert page.http.get(address).status_code == 402


def test_access_ends_within_five_seconds_when_no_notice_comes(
    app: Flask, desk: Desk, subscribed: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in another process while Redis is gone: nothing is heard, and time alone does it."""
    lock(desk.person, Audience.SUBSCRIBERS)
    page = signed_in(app, subscribed)
    address = closed_address(app, a_picture(app, desk.person), subscribed)
    assert page.http.get(address).status_code == 200
    with app.app_context(), transaction():
        from sqlalchemy import update

        from app.entitlements.models import Grant

        db.session.execute(update(Grant).values(revoked_at=clock.now()))
    ended, answered = time.monotonic(), [0.0]

    def closed() -> bool:
        asked = time.monotonic()
        if page.http.get(address).status_code == 402:
            return True
        answered.append(asked)
        return False

    eventually(closed)
    assert answered[-1] - ended <= 5


def test_withdrawn_ends_its_public_addresses(app: Flask, desk: Desk) -> None:
    shown = a_picture(app, desk.person, public=True)
    old = public_address(app, shown)
    with app.app_context(), transaction():
        now = holding.withdraw([UUID(shown["id"])])[0]
    doors.clear()
    assert now["secret"] != shown["secret"]
    assert app.test_client().get(old).status_code == 404
    with app.app_context(), transaction():
        again = holding.make_public([UUID(shown["id"])])[0]
    doors.clear()
    assert app.test_client().get(public_address(app, again)).status_code == 200
    assert app.test_client().get(old).status_code == 404


@pytest.mark.parametrize("let_go", [holding.withdraw, holding.release])
def test_what_is_shown_no_more_has_no_teaser_either(
    app: Flask, desk: Desk, let_go: Callable[[list[UUID]], object]
) -> None:
    shown = a_picture(app, desk.person)
    address = public_address(app, shown, "teaser")
    assert app.test_client().get(address).status_code == 200
    with app.app_context(), transaction():
        let_go([UUID(shown["id"])])
    doors.clear()
    assert app.test_client().get(address).status_code == 404


def test_what_is_asked_for_again_costs_no_statement(app: Flask, desk: Desk, subscribed: Person) -> None:
    lock(desk.person, Audience.SUBSCRIBERS)
    page = signed_in(app, subscribed)
    address = closed_address(app, a_picture(app, desk.person), subscribed)
    page.http.get(address)
    with counting(app) as sent:
        assert page.http.get(address).status_code == 200
    assert sent == []


def big(app: Flask, desk: Desk, megabytes: int) -> Described:
    """A long file, as a film is."""
    from io import BytesIO

    shown = a_picture(app, desk.person)
    with app.app_context(), transaction():
        from app.media.models import Media

        media = db.session.get_one(Media, UUID(shown["id"]))
        key = f"media/{media.id}/mp4.mp4"
        size = storage().put(key, BytesIO(bytes(range(256)) * 4096 * megabytes), "video/mp4")
        media.renditions = {"mp4": {"key": key, "w": 1, "h": 1, "type": "video/mp4", "bytes": size}}
        return shown | {"names": media.renditions}


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ("bytes=0-9", 206, "bytes 0-9/10485760"),
        ("bytes=-10", 206, "bytes 10485750-10485759/10485760"),
        ("bytes=0-", 206, f"bytes 0-{delivery.RANGE_MOST - 1}/10485760"),
        ("bytes=10485760-", 416, "bytes */10485760"),
        ("bytes=9-3", 416, "bytes */10485760"),
    ],
)
def test_ranges_are_answered_and_closed_ones_are_short(
    app: Flask, desk: Desk, subscribed: Person, asked: str, status: int, told: str
) -> None:
    lock(desk.person, Audience.SUBSCRIBERS)
    address = closed_address(app, big(app, desk, 10), subscribed, "mp4")
    answer = signed_in(app, subscribed).http.get(address, headers={"Range": asked})
    assert (answer.status_code, answer.headers["Content-Range"]) == (status, told)
    if status == 206:
        assert len(answer.data) == answer.content_length <= delivery.RANGE_MOST


def test_a_long_answer_stops_when_access_ends(app: Flask, desk: Desk, subscribed: Person) -> None:
    lock(desk.person, Audience.SUBSCRIBERS)
    address = closed_address(app, big(app, desk, 20), subscribed, "mp4")
    answer = signed_in(app, subscribed).http.get(address, buffered=False)
    parts = answer.iter_encoded()
    got = len(next(parts))
    unsubscribe(app, subscribed)
    got += sum(len(part) for part in parts)
    assert got == delivery.RANGE_MOST


def test_nginx_hands_out_what_it_is_told(app: Flask, desk: Desk, subscribed: Person) -> None:
    lock(desk.person, Audience.SUBSCRIBERS)
    shown = big(app, desk, 10)
    address, page = closed_address(app, shown, subscribed, "mp4"), signed_in(app, subscribed)
    with set_up_with(app, x_accel_prefix="/_stored/"):
        whole = page.http.get(address)
        part = page.http.get(address, headers={"Range": "bytes=5-"})
    key = shown["names"]["mp4"]["key"]
    assert (whole.headers["X-Accel-Redirect"], whole.data) == (f"/_stored/whole/{key}", b"")
    assert (part.headers["X-Accel-Redirect"], part.data) == (f"/_stored/part/{key}", b"")
    assert part.headers["X-Media-Range"] == f"bytes=5-{5 + delivery.RANGE_MOST - 1}"


def test_a_long_closed_file_is_not_left_to_nginx_as_a_whole(
    app: Flask, desk: Desk, subscribed: Person
) -> None:
    """It would send the last byte of it to somebody whose access ended at the first."""
    lock(desk.person, Audience.SUBSCRIBERS)
    address, page = closed_address(app, big(app, desk, 20), subscribed, "mp4"), signed_in(app, subscribed)
    asked: list[dict[str, str]] = [{}, {"Range": "bytes=-"}, {"Range": "bytes=9-", "If-Range": '"another"'}]
    with set_up_with(app, x_accel_prefix="/_stored/"):
        for headers in asked:
            answer = page.http.head(address, headers=headers)
            assert answer.status_code == 200
            assert "X-Accel-Redirect" not in answer.headers
            assert answer.headers["X-Accel-Buffering"] == "no"
        answer = page.http.get(address, buffered=False)
        parts = answer.iter_encoded()
        got = len(next(parts))
        unsubscribe(app, subscribed)
        got += sum(len(part) for part in parts)
        answer.close()
    assert got == delivery.RANGE_MOST


def test_long_answers_leave_threads_to_others(app: Flask, desk: Desk, subscribed: Person) -> None:
    lock(desk.person, Audience.SUBSCRIBERS)
    page = signed_in(app, subscribed)
    address = closed_address(app, big(app, desk, 17), subscribed, "mp4")
    with set_up_with(app, web_threads=4):
        first, second = (page.http.get(address, buffered=False) for _ in range(2))
        third = page.http.get(address)
        assert (third.status_code, third.headers["Retry-After"]) == (503, "5")
        assert page.http.get(address, headers={"Range": "bytes=0-"}).status_code == 206
        first.close()
        assert len(page.http.get(address).data) == 17 * 1024 * 1024
        second.close()


def test_an_address_judges_by_what_its_holder_shows_now(app: Flask, desk: Desk, subscribed: Person) -> None:
    """The file was moved elsewhere, where other people may look."""
    lock(desk.person, Audience.SUBSCRIBERS)
    shown = a_picture(app, desk.person)
    address, own = closed_address(app, shown, subscribed), closed_address(app, shown, desk.person)
    page = signed_in(app, subscribed)
    assert page.http.get(address).status_code == 200
    _shown.clear()
    doors.clear()
    assert page.http.get(address).status_code == 404
    assert desk.page.http.get(own).status_code == 200, "who made it may be about to show it"


def test_originals_have_no_address(app: Flask, desk: Desk) -> None:
    shown = a_picture(app, desk.person, public=True)
    for file in ("original", str(shown["id"]), "..%2f..%2foriginals", "w320"):
        answer = app.test_client().get(f"/media/p/{shown['id']}/{shown['secret']}/{file}")
        assert answer.status_code == (200 if file == "w320" else 404)
    assert app.test_client().get(f"/media/p/{uuid4()}/x/w320.webp").status_code == 404
