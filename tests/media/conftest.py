"""A creator, what they send, and what came of it."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.extensions import db
from app.media import doors
from app.media.models import Media
from app.platform import work
from app.platform.transaction import transaction
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient

JSON = {"Accept": "application/json"}
PART = "application/offset+octet-stream"


@dataclass
class Desk:
    """A creator at work."""

    app: Flask
    person: Person
    page: PageClient

    def token(self) -> str:
        return str(self.page.get("/dashboard/media").form("/uploads").fields["csrf_token"])

    def send_form(self, *files: tuple[bytes, str], **fields: str) -> Any:
        data: dict[str, Any] = {"file": [(BytesIO(content), name) for content, name in files]}
        return self.page.post("/uploads", data | {"csrf_token": self.token()} | fields)

    def tus(self, method: str, address: str, data: bytes = b"", **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        common = {"Tus-Resumable": "1.0.0", "X-CSRFToken": self.token(), "User-Agent": self.page.agent}
        return self.page.http.open(address, method=method, data=data, headers=common | JSON | named)

    def ask(self, size: int, name: str = "sea.jpg", kind: str = "image/jpeg", purpose: str = "post") -> Any:
        said = {"filename": name, "filetype": kind, "purpose": purpose}
        pairs = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())
        return self.tus("POST", "/uploads", Upload_Length=str(size), Upload_Metadata=pairs)

    def part(self, address: str, offset: int, data: bytes, **headers: str) -> TestResponse:
        return self.tus("PATCH", address, data, Upload_Offset=str(offset), Content_Type=PART, **headers)

    def upload(self, content: bytes, **asked: str) -> UUID:
        """Sent in parts to its end."""
        answer = self.ask(len(content), **asked)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        address = answer.headers["Location"]
        answer = self.part(address, 0, content)
        assert answer.status_code == 204, answer.get_data(as_text=True)
        return UUID(address.rsplit("/", 1)[-1])

    def made(self, content: bytes, **asked: str) -> Media:
        """Sent, and looked at by a worker."""
        media_id = self.upload(content, **asked)
        with self.app.app_context():
            work.drain(["media"])
        return self.media(media_id)

    def media(self, media_id: UUID) -> Media:
        with self.app.app_context(), transaction():
            found = db.session.get_one(Media, media_id)
            db.session.expunge(found)
        return found


@contextmanager
def set_up_with(app: Flask, **changes: Any) -> Iterator[None]:
    """The same house with other settings for a while."""
    before = app.extensions["fanlight.settings"]
    app.extensions["fanlight.settings"] = before.model_copy(update=changes)
    try:
        yield
    finally:
        app.extensions["fanlight.settings"] = before


@pytest.fixture
def desk(app: Flask) -> Iterator[Desk]:
    doors.clear()
    person = a_person(app, "mara", roles=("fan", "creator"))
    yield Desk(app, person, signed_in(app, person))
    doors.clear()
