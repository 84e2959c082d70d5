"""Where files lie when they lie in an object store: S3, R2, Garage, and whatever speaks their language."""

import io
import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.config import Settings
from app.platform.errors import NotFound, Unavailable
from app.platform.storage import CHUNK, KEY, MAX_KEY, PARTS, BadKey, Parts, StorageFull

# Of what is sent in parts, each but the last is this long: more than the least that S3 takes, little memory.
PART = 8 * 1024 * 1024
MISSING = {"404", "NoSuchKey", "NotFound"}
FULL = {"QuotaExceeded", "InsufficientStorage", "EntityTooLarge"}
ATTEMPTS, CONNECT_SECONDS, READ_SECONDS = 4, 3, 20


# Inside the class below the name of this type is a method's.
Tags = list[str]


class StorageAway(Unavailable):
    def __init__(self) -> None:
        super().__init__("The place where files lie does not answer. Try again in a moment.", retry_after=10)


class S3Storage:
    """An upload in parts is a multipart upload, begun with its first whole part.

    What was sent and is too short for a part waits in an object of its own, beside all others.
    """

    part_length = PART

    def __init__(self, settings: Settings) -> None:
        self._bucket = settings.s3_bucket
        self._client = _client(settings)

    def put(self, key: str, stream: IO[bytes], content_type: str) -> int:
        first = _whole(stream, PART)
        if len(first) < PART:
            self._say("put_object", Key=_checked(key), Body=first, ContentType=content_type)
            return len(first)
        upload = self._begin(key, content_type)
        try:
            size, part = 0, first
            tags: Tags = []
            while part:
                tags.append(self._send(key, upload, len(tags) + 1, part))
                size += len(part)
                part = _whole(stream, PART)
            self._complete(key, upload, tags)
        except BaseException:
            self._say("abort_multipart_upload", Key=key, UploadId=upload)
            raise
        return size

    def open(self, key: str) -> IO[bytes]:
        return cast(IO[bytes], io.BufferedReader(_Reader(self, key, self.size(key)), CHUNK))

    def size(self, key: str) -> int:
        return int(self._say("head_object", Key=_checked(key))["ContentLength"])

    def exists(self, key: str) -> bool:
        try:
            self.size(key)
        except NotFound:
            return False
        return True

    def delete(self, key: str) -> None:
        self._say("delete_object", Key=_checked(key))

    def list(self, prefix: str = "") -> Iterator[str]:
        yield from (key for key in self._keys(prefix) if not key.startswith("."))

    def append(self, key: str, parts: Parts, stream: IO[bytes]) -> Parts:
        known = {"upload": "", "tags": [], "size": 0, "loose": 0, **parts}
        upload, tags = known["upload"], [*known["tags"]]
        ahead = self._loose(key, known) if known["loose"] else b""
        size = known["size"]
        while True:
            fresh = _whole(stream, PART - len(ahead))
            size += len(fresh)
            part = ahead + fresh
            if len(part) < PART:
                break
            upload = upload or self._begin(key, "application/octet-stream")
            tags.append(self._send(key, upload, len(tags) + 1, part))
            ahead = b""
        if part:
            self._say("put_object", Key=_waiting(key, size), Body=part)
        return {"upload": upload, "tags": tags, "size": size, "loose": len(part)}

    def compose(self, key: str, parts: Parts, content_type: str) -> None:
        try:
            self._compose(_checked(key), parts, content_type)
        except NotFound:
            if not self.exists(key):  # or else it was composed before
                raise
        self._clear_waiting(key)

    def discard(self, key: str, parts: Parts) -> None:
        """Whatever the caller remembers of them: also what it forgot when it died."""
        for upload in self._uploads(_checked(key)):
            if upload["Key"] == key:
                self._say("abort_multipart_upload", Key=key, UploadId=upload["UploadId"])
        self._clear_waiting(key)

    def begin_direct(self, key: str, content_type: str) -> Parts:
        return {"upload": self._begin(key, content_type), "tags": [], "size": 0, "loose": 0}

    def sign_part(self, key: str, parts: Parts, number: int, length: int, seconds: int) -> str:
        place = {"Bucket": self._bucket, "Key": _checked(key), "UploadId": parts["upload"]}
        wanted = place | {"PartNumber": number, "ContentLength": length}
        return str(self._client.generate_presigned_url("upload_part", Params=wanted, ExpiresIn=seconds))

    def arrived(self, key: str, parts: Parts) -> Parts:
        """The store says so, not the browser."""
        found = {
            int(one["PartNumber"]): one
            for page in self._pages("list_parts", Key=_checked(key), UploadId=parts["upload"])
            for one in page.get("Parts", ())
        }
        whole = [found[number] for number in itertools.takewhile(found.__contains__, itertools.count(1))]
        size = sum(int(one["Size"]) for one in whole)
        return {"upload": parts["upload"], "tags": [one["ETag"] for one in whole], "size": size, "loose": 0}

    def begun(self) -> Iterator[str]:
        waiting = (key.removeprefix(f"{PARTS}/").rpartition("~")[0] for key in self._keys(f"{PARTS}/"))
        yield from sorted({*waiting, *(upload["Key"] for upload in self._uploads(""))})

    def copy(self, source: str, target: str) -> None:
        place = {"Bucket": self._bucket, "Key": _checked(source)}
        self._say("copy_object", Key=_checked(target), CopySource=place)

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="stored-") as folder, self.open(key) as stream:
            path = Path(folder) / "file"
            with path.open("wb") as file:
                while chunk := stream.read(CHUNK):
                    file.write(chunk)
            yield path

    def clear_unfinished(self, before: float) -> None:
        """Nothing: what was not completed is not there."""

    def stream(self, key: str, first: int, last: int) -> Any:
        """The body of this part of it."""
        return self._say("get_object", Key=key, Range=f"bytes={first}-{last}")["Body"]

    def _compose(self, key: str, parts: Parts, content_type: str) -> None:
        loose = self._loose(key, parts) if parts["loose"] else b""
        if not parts["upload"]:
            self._say("put_object", Key=key, Body=loose, ContentType=content_type)
            return
        tags = [*parts["tags"]]
        if loose:
            tags.append(self._send(key, parts["upload"], len(tags) + 1, loose))
        self._complete(key, parts["upload"], tags)

    def _begin(self, key: str, content_type: str) -> str:
        answer = self._say("create_multipart_upload", Key=_checked(key), ContentType=content_type)
        return str(answer["UploadId"])

    def _send(self, key: str, upload: str, number: int, part: bytes) -> str:
        """Sent once more under the same number, it replaces what was there."""
        answer = self._say("upload_part", Key=key, UploadId=upload, PartNumber=number, Body=part)
        return str(answer["ETag"])

    def _complete(self, key: str, upload: str, tags: Tags) -> None:
        all_parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
        self._say("complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Parts": all_parts})

    def _loose(self, key: str, parts: Parts) -> bytes:
        body = self._say("get_object", Key=_waiting(key, parts["size"]))["Body"]
        return cast(bytes, body.read())

    def _clear_waiting(self, key: str) -> None:
        for one in self._keys(f"{PARTS}/{key}~"):
            self._say("delete_object", Key=one)

    def _keys(self, prefix: str) -> Iterator[str]:
        for page in self._pages("list_objects_v2", Prefix=prefix):
            yield from (one["Key"] for one in page.get("Contents", ()))

    def _uploads(self, prefix: str) -> Iterator[dict[str, str]]:
        for page in self._pages("list_multipart_uploads", Prefix=prefix):
            yield from page.get("Uploads", ())

    def _pages(self, what: str, **parameters: str) -> Iterator[dict[str, Any]]:
        with _in_our_words():
            yield from self._client.get_paginator(what).paginate(Bucket=self._bucket, **parameters)

    def _say(self, what: str, **parameters: Any) -> dict[str, Any]:
        with _in_our_words():
            answer = getattr(self._client, what)(Bucket=self._bucket, **parameters)
            return cast(dict[str, Any], answer)


class _Reader(io.RawIOBase):
    """Reads on from wherever it is put: a new request after each jump, none before the first byte."""

    def __init__(self, files: S3Storage, key: str, size: int) -> None:
        self._files, self._key, self._size = files, key, size
        self._at = 0
        self._body: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        to = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if to != self._at:
            self._drop()
        self._at = max(0, to)
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size or not len(buffer):
            return 0
        with _in_our_words():
            if self._body is None:
                self._body = self._files.stream(self._key, self._at, self._size - 1)
            found = self._body.read(len(buffer))
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def close(self) -> None:
        self._drop()
        super().close()

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


def _client(settings: Settings) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint or None,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=settings.s3_secret_key,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if settings.s3_endpoint else "auto"},
            # Many stores know no checksums but MD5 and the signature's own.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"max_attempts": ATTEMPTS, "mode": "standard"},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
        ),
    )


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        said = error.response["Error"].get("Code", "")
        if said in MISSING or said == "NoSuchUpload":
            raise NotFound from None
        raise (StorageFull() if said in FULL else StorageAway()) from error
    except BotoCoreError as error:
        raise StorageAway from error


def _checked(key: str) -> str:
    if len(key) > MAX_KEY or not KEY.fullmatch(key):
        raise BadKey(key)
    return key


def _waiting(key: str, size: int) -> str:
    """Named by what was sent so far, so that one that nobody remembers spoils none that somebody does."""
    return f"{PARTS}/{_checked(key)}~{size}"


def _whole(stream: IO[bytes], wanted: int) -> bytes:
    """As much as wanted, unless the stream ends before; streams may give less at a time."""
    found = bytearray()
    while len(found) < wanted and (chunk := stream.read(min(CHUNK, wanted - len(found)))):
        found += chunk
    return bytes(found)
