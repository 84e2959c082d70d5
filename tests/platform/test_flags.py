"""Switches: for everyone, for named people, for a share."""

import pytest
from flask import Flask, render_template_string
from sqlalchemy import select

from app.config import Mode, Settings
from app.extensions import db
from app.platform import flags
from app.platform.audit import Action
from app.platform.errors import NotFound, Refused
from app.platform.flags import flag
from app.platform.guards import Access
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from app.platform.viewer import viewer
from tests.factories.people import a_person, signed_in
from tests.page_client import PageClient
from tests.platform.houses import a_house, room
from tests.support import eventually

flags.declare("test_lamp", default=False, about="A lamp that only tests switch.")
flags.declare("test_door", default=True, about="A door that is open unless somebody shuts it.")


@pytest.fixture(scope="module")
def built(settings: Settings) -> Flask:
    house = a_house(settings)
    room(
        house,
        "/lamp",
        lambda: render_template_string("{{ 'lit' if flag('test_lamp') else 'dark' }}"),
        Access.ANYONE,
    )
    room(house, "/mine", lambda: str(flag("test_lamp", viewer())), Access.ANYONE)
    return house


@pytest.fixture
def house(built: Flask, app: Flask) -> Flask:
    """Over empty tables, which come from `app`."""
    return built


def switch(house: Flask, name: str = "test_lamp", **changes: object) -> None:
    with house.app_context(), transaction():
        flags.change(name, actor=None, **changes)  # type: ignore[arg-type]


def lit(house: Flask, who: PageClient | None = None) -> bool:
    return (who or PageClient(house)).http.get("/lamp").text == "lit"


def test_until_somebody_switches_it_the_default_holds(house: Flask) -> None:
    with house.app_context():
        assert not flag("test_lamp")
        assert flag("test_door")


def test_a_change_holds_at_once_in_this_process(house: Flask) -> None:
    assert not lit(house)
    switch(house, enabled=True)
    assert lit(house)
    switch(house, enabled=False)
    assert not lit(house)


def test_a_change_elsewhere_is_heard_of(house: Flask) -> None:
    """The published notice, as another process sends it."""
    assert not lit(house)
    redis = house.extensions["fanlight.cache"].client
    with house.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql(
            "insert into flags (name, enabled, share, user_ids, changed_at)"
            " values ('test_lamp', true, 100, '{}', now())"
        )
    eventually(lambda: redis.publish("signals", '{"topic": "flags", "payload": {}}') and lit(house))


def test_a_share_of_people_has_it_always_the_same_ones(house: Flask) -> None:
    switch(house, enabled=True, share=30)
    people = [signed_in(house, a_person(house)) for _ in range(40)]
    first = [lit(house, person) for person in people]
    assert 2 < first.count(True) < 25
    assert [lit(house, person) for person in people] == first
    switch(house, share=60)
    wider = [lit(house, person) for person in people]
    assert all(now for before, now in zip(first, wider, strict=True) if before), "nobody loses it as it grows"


def test_visitors_have_it_only_when_everybody_has(house: Flask) -> None:
    switch(house, enabled=True, share=99)
    assert not lit(house)
    switch(house, share=100)
    assert lit(house)


def test_a_named_person_has_it_first(house: Flask) -> None:
    mia, leo = a_person(house), a_person(house)
    switch(house, enabled=True, share=0, person=mia.id)
    assert lit(house, signed_in(house, mia))
    assert not lit(house, signed_in(house, leo))


def test_each_change_is_on_record(house: Flask) -> None:
    switch(house, enabled=True, share=10)
    with house.app_context():
        record = db.session.execute(
            select(AuditRecord).where(AuditRecord.action == Action.FLAG_CHANGED.value)
        ).scalar_one()
    assert (record.subject_id, record.data["enabled"], record.data["share"]) == ("test_lamp", True, 10)


def test_an_unknown_name_is_a_mistake_in_demo_and_off_live(house: Flask, settings: Settings) -> None:
    with house.app_context(), pytest.raises(LookupError):
        flag("test_lmap")
    live = a_house(settings, mode=Mode.LIVE, public_url="https://fans.example.org")
    with live.app_context():
        assert not flag("test_lmap")


def test_one_name_means_one_thing() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        flags.declare("test_lamp", default=True, about="Another lamp.")


def test_nonsense_is_refused(house: Flask) -> None:
    with pytest.raises(Refused):
        switch(house, share=101)
    with pytest.raises(NotFound):
        switch(house, "test_lmap", enabled=True)


# The command


def run(house: Flask, *words: str) -> tuple[int, str]:
    result = house.test_cli_runner().invoke(args=["flags", *words])
    return result.exit_code, result.output


def test_the_command_lists_and_switches(house: Flask) -> None:
    assert "A lamp that only tests switch." in run(house, "list")[1]
    assert run(house, "set", "test_lamp", "--on", "--share", "25") == (0, "test_lamp: on for 25 %\n")
    assert "on for 25 %" in run(house, "list")[1]
    assert run(house, "set", "test_lamp", "--off") == (0, "test_lamp: off\n")


def test_the_command_knows_people_by_their_handle(house: Flask) -> None:
    mia = a_person(house, "Mia_" + "x" * 8)
    code, said = run(house, "set", "test_lamp", "--on", "--share", "0", "--user", f"@{mia.handle.lower()}")
    assert (code, said) == (0, "test_lamp: on for 0 % and 1 named\n")
    assert lit(house, signed_in(house, mia))
    assert run(house, "set", "test_lamp", "--user", "nobody_here")[0] == 1


def test_the_command_refuses_what_it_does_not_know(house: Flask) -> None:
    assert run(house, "set", "test_lmap", "--on")[0] == 1
    assert run(house, "set", "test_lamp", "--share", "101")[0] == 2
