"""An object store that believes nothing: every signature, hash, date, size and part is checked.

It reckons signatures by itself (AWS Signature Version 4): it agrees with the client by the protocol alone.
"""

import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

ALGORITHM = "AWS4-HMAC-SHA256"
LEAST_PART = 5 * 1024 * 1024
SKEW = timedelta(minutes=15)
STAMP = "%Y%m%dT%H%M%SZ"
PAGE = 50


class Refusal(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


@dataclass
class Stored:
    body: bytes
    type: str

    @property
    def tag(self) -> str:
        return f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"'


@dataclass
class Upload:
    key: str
    type: str
    parts: dict[int, Stored] = field(default_factory=dict)


@dataclass
class Store:
    """What is in it, and what it was asked."""

    bucket: str = "fanlight"
    region: str = "us-east-1"
    access_key: str = "an-access-key"
    secret_key: str = "a-secret-key-of-tests"
    address: str = ""
    objects: dict[str, Stored] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    room: int = 10**12
    failing: int = 0
    largest_body: int = 0
    asked: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    numbers: Any = field(default_factory=lambda: count(1))

    @property
    def settings(self) -> dict[str, str]:
        return {
            "S3_BUCKET": self.bucket,
            "S3_ENDPOINT": self.address,
            "S3_REGION": self.region,
            "S3_ACCESS_KEY": self.access_key,
            "S3_SECRET_KEY": self.secret_key,
        }


@contextmanager
def s3_server(port: int = 0) -> Iterator[Store]:
    store = Store()

    class Bound(Handler):
        pass

    Bound.store = store
    server = ThreadingHTTPServer(("127.0.0.1", port), Bound)
    store.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in two writes; the second must not wait for an answer to the first.
    disable_nagle_algorithm = True
    store: Store

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        split = urlsplit(self.path)
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        store = self.store
        store.largest_body = max(store.largest_body, length)
        store.asked.append(f"{self.command} {self.path}")
        try:
            with store.lock:
                if store.failing:
                    store.failing -= 1
                    raise Refusal(503, "SlowDown")
                Proof(self, query, body).check()
                bucket, _, key = unquote(split.path).lstrip("/").partition("/")
                if bucket != store.bucket:
                    raise Refusal(404, "NoSuchBucket")
                self._answer(*self._do(key, query, body))
        except Refusal as refusal:
            said = f"<Error><Code>{refusal.code}</Code><Message>no</Message></Error>"
            self._answer(refusal.status, said.encode(), {"Content-Type": "application/xml"})

    def do_OPTIONS(self) -> None:
        """A browser asks whether a page of another address may send here: the owner allowed it."""
        self._answer(204, b"", {"Access-Control-Allow-Methods": "PUT", "Access-Control-Max-Age": "600"})

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _handle

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        allowed = {"Access-Control-Allow-Origin": self.headers.get("Origin", "*")}
        for name, value in ({"Content-Length": str(len(body))} | allowed | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _do(self, key: str, query: dict[str, str], body: bytes) -> tuple[int, bytes, dict[str, str]]:
        command = self.command
        if not key:
            return self._list_uploads(query) if "uploads" in query else self._list(query)
        if command == "POST" and "uploads" in query:
            return self._begin(key)
        if "uploadId" in query:
            return self._in_parts(key, query, body)
        if command == "PUT":
            return self._put(key, body)
        if command == "DELETE":
            self.store.objects.pop(key, None)
            return 204, b"", {}
        return self._get(key)

    def _put(self, key: str, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        source = self.headers.get("x-amz-copy-source")
        if source:
            bucket, _, name = unquote(source).lstrip("/").partition("/")
            found = self.store.objects.get(name) if bucket == self.store.bucket else None
            if found is None:
                raise Refusal(404, "NoSuchKey")
            self.store.objects[key] = found
            return 200, _xml("CopyObjectResult", f"<ETag>{escape(found.tag)}</ETag>"), {}
        self._make_room(len(body))
        stored = Stored(body, self.headers.get("Content-Type", ""))
        self.store.objects[key] = stored
        return 200, b"", {"ETag": stored.tag}

    def _get(self, key: str) -> tuple[int, bytes, dict[str, str]]:
        found = self.store.objects.get(key)
        if found is None:
            raise Refusal(404, "NoSuchKey")
        headers = {"ETag": found.tag, "Content-Type": found.type, "Accept-Ranges": "bytes"}
        size = len(found.body)
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if self.command == "HEAD":
            return 200, b"", headers | {"Content-Length": str(size)}
        if asked is None:
            return 200, found.body, headers
        first, last = int(asked[1]), min(int(asked[2] or size), size - 1)
        if first > last:
            raise Refusal(416, "InvalidRange")
        return 206, found.body[first : last + 1], headers | {"Content-Range": f"bytes {first}-{last}/{size}"}

    def _list(self, query: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        after = query.get("continuation-token", "")
        prefix = query.get("prefix", "")
        keys = sorted(key for key in self.store.objects if key.startswith(prefix) and key > after)
        shown = keys[:PAGE]
        more = len(keys) > PAGE
        said = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in shown)
        said += f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        if more:
            said += f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>"
        return 200, _xml("ListBucketResult", said), {}

    def _list_uploads(self, query: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        prefix = query.get("prefix", "")
        said = "".join(
            f"<Upload><Key>{escape(one.key)}</Key><UploadId>{id_}</UploadId></Upload>"
            for id_, one in self.store.uploads.items()
            if one.key.startswith(prefix)
        )
        return 200, _xml("ListMultipartUploadsResult", said + "<IsTruncated>false</IsTruncated>"), {}

    def _begin(self, key: str) -> tuple[int, bytes, dict[str, str]]:
        upload_id = f"upload-{next(self.store.numbers)}"
        self.store.uploads[upload_id] = Upload(key, self.headers.get("Content-Type", ""))
        said = f"<Key>{escape(key)}</Key><UploadId>{upload_id}</UploadId>"
        return 200, _xml("InitiateMultipartUploadResult", said), {}

    def _in_parts(self, key: str, query: dict[str, str], body: bytes) -> tuple[int, bytes, dict[str, str]]:
        upload = self.store.uploads.get(query["uploadId"])
        if upload is None or upload.key != key:
            raise Refusal(404, "NoSuchUpload")
        if self.command == "DELETE":
            del self.store.uploads[query["uploadId"]]
            return 204, b"", {}
        if self.command == "GET":
            return self._list_parts(upload)
        if self.command == "PUT":
            self._make_room(len(body))
            upload.parts[int(query["partNumber"])] = part = Stored(body, "")
            return 200, b"", {"ETag": part.tag}
        whole = self._joined(upload, body)
        del self.store.uploads[query["uploadId"]]
        self.store.objects[key] = whole
        return 200, _xml("CompleteMultipartUploadResult", f"<ETag>{escape(whole.tag)}</ETag>"), {}

    def _list_parts(self, upload: Upload) -> tuple[int, bytes, dict[str, str]]:
        said = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(part.tag)}</ETag>"
            f"<Size>{len(part.body)}</Size></Part>"
            for number, part in sorted(upload.parts.items())
        )
        return 200, _xml("ListPartsResult", said + "<IsTruncated>false</IsTruncated>"), {}

    def _joined(self, upload: Upload, body: bytes) -> Stored:
        said = ElementTree.fromstring(body)  # noqa: S314 - of our own client
        wanted = [
            (int(part.findtext("{*}PartNumber") or 0), (part.findtext("{*}ETag") or "").strip('"'))
            for part in said.iter()
            if part.tag.endswith("}Part") or part.tag == "Part"
        ]
        if wanted != sorted(wanted) or not wanted:
            raise Refusal(400, "InvalidPartOrder")
        chosen = []
        for number, tag in wanted:
            part = upload.parts.get(number)
            if part is None or part.tag.strip('"') != tag:
                raise Refusal(400, "InvalidPart")
            chosen.append(part.body)
        if any(len(part) < LEAST_PART for part in chosen[:-1]):
            raise Refusal(400, "EntityTooSmall")
        return Stored(b"".join(chosen), upload.type)

    def _make_room(self, size: int) -> None:
        used = sum(len(one.body) for one in self.store.objects.values())
        used += sum(len(part.body) for one in self.store.uploads.values() for part in one.parts.values())
        if used + size > self.store.room:
            raise Refusal(507, "InsufficientStorage")


class Proof:
    """Of one request: who signed it, and whether it is what was signed."""

    def __init__(self, request: Handler, query: dict[str, str], body: bytes) -> None:
        self.request, self.query, self.body, self.store = request, query, body, request.store

    def check(self) -> None:
        if "X-Amz-Signature" in self.query:
            self._check_address()
        else:
            self._check_header()

    def _check_header(self) -> None:
        said = re.fullmatch(
            rf"{ALGORITHM} Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)",
            self.request.headers.get("Authorization", ""),
        )
        if said is None:
            raise Refusal(403, "AccessDenied")
        digest = self.request.headers.get("x-amz-content-sha256", "")
        if digest != "UNSIGNED-PAYLOAD" and digest != hashlib.sha256(self.body).hexdigest():
            raise Refusal(400, "XAmzContentSHA256Mismatch")
        stamp = self.request.headers.get("x-amz-date", "")
        if abs(datetime.now(UTC) - _moment(stamp)) > SKEW:
            raise Refusal(403, "RequestTimeTooSkewed")
        self._compare(said[1], said[2].split(";"), said[3], stamp, digest, self.query)

    def _check_address(self) -> None:
        stamp = self.query.get("X-Amz-Date", "")
        if datetime.now(UTC) > _moment(stamp) + timedelta(seconds=int(self.query.get("X-Amz-Expires", "0"))):
            raise Refusal(403, "AccessDenied")
        rest = {name: value for name, value in self.query.items() if name != "X-Amz-Signature"}
        names = self.query.get("X-Amz-SignedHeaders", "").split(";")
        signature = self.query["X-Amz-Signature"]
        self._compare(
            self.query.get("X-Amz-Credential", ""), names, signature, stamp, "UNSIGNED-PAYLOAD", rest
        )

    def _compare(
        self,
        credential: str,
        names: list[str],
        signature: str,
        stamp: str,
        digest: str,
        query: dict[str, str],
    ) -> None:
        key, _, scope = credential.partition("/")
        if key != self.store.access_key or scope != f"{stamp[:8]}/{self.store.region}/s3/aws4_request":
            raise Refusal(403, "InvalidAccessKeyId")
        # What a request says of itself counts only when it was signed.
        own = {name.lower() for name in self.request.headers if name.lower().startswith("x-amz-")}
        if not {"host", *own} <= set(names):
            raise Refusal(403, "AccessDenied")
        headers = "".join(f"{name}:{_squeezed(self.request.headers.get(name, ''))}\n" for name in names)
        pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in query.items())
        canonical = "\n".join(
            (
                self.request.command,
                quote(unquote(urlsplit(self.request.path).path), safe="/-_.~"),
                "&".join(f"{name}={value}" for name, value in pairs),
                headers,
                ";".join(names),
                digest,
            )
        )
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        wanted = _signature(self.store, scope, f"{ALGORITHM}\n{stamp}\n{scope}\n{hashed}")
        if not hmac.compare_digest(wanted, signature):
            raise Refusal(403, "SignatureDoesNotMatch")


def _signature(store: Store, scope: str, text: str) -> str:
    key = f"AWS4{store.secret_key}".encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def _moment(stamp: str) -> datetime:
    try:
        return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise Refusal(403, "AccessDenied") from None


def _squeezed(value: str) -> str:
    return " ".join(value.split())


def _xml(name: str, inside: str) -> bytes:
    space = "http://s3.amazonaws.com/doc/2006-03-01/"
    return f'<?xml version="1.0"?><{name} xmlns="{space}">{inside}</{name}>'.encode()
