"""What the scripts of passkeys and wallets send, without a browser."""

import uuid
from dataclasses import dataclass
from typing import Any

from tests.page_client import PageClient


@dataclass(frozen=True)
class Answer:
    status_code: int
    mimetype: str
    json: dict[str, Any]
    text: str


class PageScript:
    """The script of one section on one page, with the token that this page gave it."""

    def __init__(self, client: PageClient, path: str, section: str) -> None:
        self._client = client
        self.app = client.app
        tag = client.get(path).one(section)
        self.attributes = {name.removeprefix("data-"): str(value) for name, value in tag.attrs.items()}

    def post(self, address: str, body: Any, **headers: str) -> Answer:
        answer = self._client.http.post(
            address,
            json=body,
            headers={
                "Accept": "application/json",
                "X-CSRFToken": self.attributes["csrf"],
                "Idempotency-Key": str(uuid.uuid4()),
                "User-Agent": self._client.agent,
                **headers,
            },
            environ_overrides={"REMOTE_ADDR": self._client.address},
        )
        found = answer.get_json(silent=True) or {}
        return Answer(answer.status_code, answer.mimetype or "", found, answer.text)

    def start(self) -> dict[str, Any]:
        """What the page hands to a wallet or an authenticator."""
        answer = self.post(self.attributes.get("start") or self.attributes["options"], {})
        assert answer.status_code == 200, answer.text
        return answer.json

    def finish(self, body: dict[str, Any]) -> Answer:
        return self.post(self.attributes["finish"], body)


def cookie_of(client: PageClient) -> str:
    """What the browser holds now, to be put back later or taken elsewhere."""
    cookie = client.http.get_cookie("fanlight")
    assert cookie is not None
    return cookie.value


def put_cookie(client: PageClient, value: str) -> None:
    client.http.set_cookie("fanlight", value)
