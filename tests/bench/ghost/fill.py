"""Fills a fresh Ghost with the posts of our demo's creator, each with a picture.

python -m tests.bench.ghost.fill http://localhost:2368
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.request import HTTPCookieProcessor, Request, build_opener

from app.demo import people, texts
from app.kit import markdown

PICTURE = Path("docs/front.png")
BOUNDARY = "a-line-between-parts"
NAME, MAIL, PASSWORD = people.CREATOR.display_name, "owner@example.com", people.DEMO_PASSWORD
# As in the demo house, where the first posts are weeks apart.
APART = timedelta(days=8)


class Admin:
    """Whoever sets this Ghost up, by its own interface."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def set_up(self) -> None:
        owner = {"name": NAME, "email": MAIL, "password": PASSWORD, "blogTitle": "A house beside ours"}
        self.send("authentication/setup/", {"setup": [owner]})
        self.send("session/", {"username": MAIL, "password": PASSWORD})

    def put_picture(self, path: Path) -> str:
        part = (
            f'Content-Disposition: form-data; name="file"; filename="{path.name}"\r\nContent-Type: image/png'
        )
        body = (
            f"--{BOUNDARY}\r\n{part}\r\n\r\n".encode()
            + path.read_bytes()
            + f"\r\n--{BOUNDARY}--\r\n".encode()
        )
        told = self._ask("images/upload/", body, f"multipart/form-data; boundary={BOUNDARY}")
        return str(json.loads(told)["images"][0]["url"])

    def send(self, path: str, told: dict[str, Any]) -> None:
        self._ask(path, json.dumps(told).encode(), "application/json")

    def _ask(self, path: str, body: bytes, content_type: str) -> bytes:
        headers = {"Content-Type": content_type, "Origin": self._origin}
        asked = Request(f"{self._origin}/ghost/api/admin/{path}", body, headers)  # noqa: S310 - of this machine
        with self._opener.open(asked, timeout=60) as answer:
            return bytes(answer.read())


def fill(origin: str) -> int:
    admin = Admin(origin)
    admin.set_up()
    picture = admin.put_picture(PICTURE)
    [page] = (page for page in texts.pages() if page.handle == people.CREATOR.handle)
    posts = [post for post in page.posts if post.state == "published"]
    for number, post in enumerate(posts):
        written = {
            "title": post.title,
            "html": markdown.render(post.body),
            "status": "published",
            "published_at": (datetime.now(UTC) - number * APART - APART).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "feature_image": picture,
        }
        admin.send("posts/?source=html", {"posts": [written]})
    return len(posts)


if __name__ == "__main__":
    print(fill(sys.argv[1].rstrip("/")), "posts")
