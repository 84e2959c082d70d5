"""Two people who talk, as tests need them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import Flask

from app.chat.models import Conversation, Message
from app.chat.operations import writing
from app.chat.words import unseal
from app.extensions import db
from app.platform.idempotency import new_key
from app.platform.transaction import transaction
from tests.factories.people import Person
from tests.page_client import FilledForm, Page, PageClient

HTMX: Any = {"HX-Request": "true"}


def begin(writer: PageClient, handle: str, words: str = "Hello") -> str:
    """The address of their conversation."""
    return first_words(writer, first_page(writer, handle), words)


def first_page(writer: PageClient, handle: str) -> FilledForm:
    to = f"/messages/to/{handle}"
    return writer.get(to).form(to)


def first_words(writer: PageClient, form: FilledForm, words: str = "Hello") -> str:
    page = writer.send(form, body=words, follow=False)
    assert page.status == 303, page.text
    return page.location.partition("#")[0]


def say(writer: PageClient, talk: str, words: str) -> Page:
    return writer.send(writer.get(talk).form(talk), body=words)


def says_much(app: Flask, writer: Person, talk: str, words: Iterable[str]) -> None:
    """Quicker than by forms, and more than anybody may write in a minute."""
    talk_id = UUID(talk.removeprefix("/messages/"))
    with app.app_context(), transaction():
        for one in words:
            writing.send(writer.id, talk_id, one, new_key())


def words_of(page: Page) -> list[str]:
    """What was said, in the order in which it stands there."""
    return [one.get_text(strip=True) for one in page.soup.select("li[data-seq] p.said")]


def all_said(app: Flask) -> list[tuple[int, int, str]]:
    with app.app_context():
        rows = db.session.query(Message).order_by(Message.conversation_id, Message.seq)
        return [(row.seq, row.change, unseal(row.sealed_body)) for row in rows]


def the_conversation(app: Flask) -> tuple[UUID, int, int]:
    with app.app_context():
        one = db.session.query(Conversation).one()
        return one.id, one.last_seq, one.last_change
