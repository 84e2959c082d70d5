"""Whenever a page asks for what changed, and however often: in the end it shows what a fresh one shows."""

from typing import Any
from uuid import UUID

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.chat import queries, queries_talk
from app.chat.models import REACTIONS
from app.chat.operations import marking, writing
from app.chat.queries import Said
from app.platform.errors import Refused
from app.platform.idempotency import new_key
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.people import a_person

Shown = tuple[int, str, bool, Any]
DOINGS = st.one_of(
    st.tuples(st.just("say"), st.text("abc", min_size=1, max_size=5)),
    st.tuples(st.just("edit"), st.text("xyz", min_size=1, max_size=5)),
    st.tuples(st.just("unsend"), st.just("")),
    st.tuples(st.just("react"), st.sampled_from(["", *REACTIONS[:2]])),
    st.tuples(st.just("look"), st.just("")),
    st.tuples(st.just("read"), st.just("")),
)


class OpenPage:
    """What a page knows: what it shows, by number, and the last change that it heard of."""

    def __init__(self, talk_id: UUID, reader: UUID) -> None:
        self._talk_id, self._reader = talk_id, reader
        self.shown: dict[int, Shown] = {}
        self._change = 0

    def look(self) -> None:
        talk = queries_talk.find_talk(self._talk_id, self._reader)
        found = queries.changes(talk, self._change)
        assert found is not None
        for said in found:
            assert said.change > self._change
            self.shown[said.seq] = _seen(said)
        self._change = talk.last_change

    def fresh(self) -> dict[int, Shown]:
        talk = queries_talk.find_talk(self._talk_id, self._reader)
        return {said.seq: _seen(said) for said in queries.stretch(talk).said}


def _seen(said: Said) -> Shown:
    return said.change, said.body, said.unsent, sorted(said.reactions)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.booleans(), DOINGS, st.integers(0, 99)), min_size=1, max_size=25))
def test_a_page_that_catches_up_shows_what_a_fresh_one_shows(app: Flask, steps: list[Any]) -> None:
    mara, ben = a_creator(app), a_person(app)
    with app.app_context():
        with transaction():
            talk_id = writing.begin(ben.id, mara.id, "Hello", new_key()).talk_id
        pages = [OpenPage(talk_id, person.id) for person in (mara, ben)]
        count = 1
        for first, (what, words), which in steps:
            person, page = (mara, pages[0]) if first else (ben, pages[1])
            seq = 1 + which % count
            try:
                with transaction():
                    match what:
                        case "say":
                            count = writing.send(person.id, talk_id, words, new_key()).seq
                        case "edit":
                            writing.edit(person.id, talk_id, seq, words)
                        case "unsend":
                            writing.unsend(person.id, talk_id, seq)
                        case "react":
                            writing.react(person.id, talk_id, seq, words)
                        case "read":
                            marking.seen(person.id, talk_id, read=seq)
            except Refused:
                pass
            if what == "look":
                page.look()
        for page in pages:
            page.look()
            assert page.shown == page.fresh()
            assert list(page.fresh()) == list(range(1, count + 1))
