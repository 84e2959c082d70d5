"""A push service and the browsers behind it: takes what is sent to them, checks who sent it, and opens it."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.kit import chance

A_DAY = 24 * 3_600


@dataclass
class Browser:
    """One that subscribed. Its private key never leaves it."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: chance.token_bytes(16))

    def told(self) -> dict[str, Any]:
        """As `PushSubscription.toJSON()` says it."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": spelled(point), "auth": spelled(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def open(self, body: bytes) -> dict[str, Any]:
        words = http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        found = json.loads(words)
        assert isinstance(found, dict)
        return found


@dataclass(frozen=True)
class Taken:
    """A notice that arrived: what it says, and the head of its request."""

    words: dict[str, Any]
    head: dict[str, str]
    bytes: int


@dataclass
class PushService:
    url: str
    browsers: dict[str, Browser] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    # What it answers next, each once, with its Retry-After; then 201.
    answers: list[tuple[int, str]] = field(default_factory=list)
    asked: int = 0

    def browser(self) -> Browser:
        path = f"/push/{chance.token(12)}"
        self.browsers[path] = made = Browser(self.url + path)
        return made

    def take(self, path: str, head: dict[str, str], body: bytes) -> tuple[int, str]:
        self.asked += 1
        if self.answers:
            return self.answers.pop(0)
        if path not in self.browsers:
            return 410, ""
        check_signature(head["authorization"], self.url)
        assert head["content-encoding"] == "aes128gcm"
        assert int(head["ttl"]) > 0
        self.taken.append(Taken(self.browsers[path].open(body), head, len(body)))
        return 201, ""


def check_signature(authorization: str, origin: str) -> None:
    """VAPID: signed by the key it names, for this origin, for no longer than a day."""
    scheme, _, parts = authorization.partition(" ")
    named = dict(part.strip().split("=", 1) for part in parts.split(","))
    head, claims, signature = named["t"].split(".")
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unspelled(named["k"]))
    raw = unspelled(signature)
    pair = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.verify(pair, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
    said = json.loads(unspelled(claims))
    assert (scheme, json.loads(unspelled(head))["alg"]) == ("vapid", "ES256")
    assert said["aud"] == origin
    assert said["sub"].startswith("mailto:")
    assert time.time() < said["exp"] <= time.time() + A_DAY


def spelled(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unspelled(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@contextmanager
def push_service() -> Iterator[PushService]:
    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            head = {name.lower(): value for name, value in self.headers.items()}
            try:
                status, after = service.take(self.path, head, body)
            except Exception as error:
                status, after = 400, ""
                self.log_error("%s", repr(error))
            self.send_response(status)
            if after:
                self.send_header("Retry-After", after)
            if 300 <= status < 400:
                self.send_header("Location", f"{service.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """What it has to say stands in the answers."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    service = PushService(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
