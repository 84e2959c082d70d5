"""The product as visitors meet it: a real nginx in front of real processes. In one file, for one nginx."""

import gzip
import math
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from uuid import UUID, uuid4

import pytest
from flask import Flask
from h2.connection import H2Connection
from h2.events import DataReceived, Event, ResponseReceived, StreamEnded
from websocket import WebSocket

from app.media.addresses import OWN, address, public_address
from app.platform import realtime
from app.platform.storage import storage
from tests.factories.creators import a_creator
from tests.factories.media import a_picture
from tests.factories.people import Person
from tests.factories.posts import a_post
from tests.nginx.front import Answer, Front, read, request
from tests.platform.realtime_server import Reader
from tests.support import eventually

SECRET = "let-nobody-read-this-0123456789"


@pytest.fixture
def mara(front: Front) -> Person:
    """By a name of her own each time: what was kept a second ago belongs to another test."""
    return a_creator(front.house, display_name="Mara")


# Coming in


def test_tls_1_3_is_spoken_and_nothing_older(front: Front) -> None:
    with front.connect() as visitor:
        assert visitor.version() == "TLSv1.3"
    old = front.trusting
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    plain = socket.create_connection(("127.0.0.1", front.port), timeout=10)
    with plain, pytest.raises(ssl.SSLError):
        old.wrap_socket(plain, server_hostname="localhost")


def test_http_2_is_spoken(front: Front) -> None:
    with front.connect(alpn="h2") as visitor:
        assert visitor.selected_alpn_protocol() == "h2"
        connection = H2Connection()
        connection.initiate_connection()
        authority = f"localhost:{front.port}"
        asked = {":method": "GET", ":path": "/", ":scheme": "https", ":authority": authority}
        connection.send_headers(1, list(asked.items()), end_stream=True)
        events: list[Event] = []
        while not any(isinstance(event, StreamEnded) for event in events):
            visitor.sendall(connection.data_to_send())
            events += connection.receive_data(visitor.recv(65_536))
    headers = next(dict(event.headers) for event in events if isinstance(event, ResponseReceived))
    said = b"".join(event.data for event in events if isinstance(event, DataReceived))
    assert headers[b":status"] == b"200"
    assert b"<h1" in said


def test_http_leads_to_https_but_for_proofs_of_the_name(front: Front) -> None:
    def plainly(path: str, host: str = "localhost") -> Answer:
        with socket.create_connection(("127.0.0.1", front.site.http_port), timeout=10) as visitor:
            visitor.sendall(request(path, "GET", None, {"Host": host}, port=0))
            return read(visitor)

    assert plainly("/creators?sort=new")["Location"] == f"https://localhost:{front.port}/creators?sort=new"
    proof = front.site.home / "acme" / ".well-known" / "acme-challenge" / "token"
    proof.parent.mkdir(parents=True, exist_ok=True)
    proof.write_text("proven")
    assert plainly("/.well-known/acme-challenge/token").text == "proven"
    assert plainly("/", host="evil.example").status == 421


def test_another_name_gets_no_further_than_the_handshake(front: Front) -> None:
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    for name in ("evil.example", None):
        plain = socket.create_connection(("127.0.0.1", front.port), timeout=10)
        with plain, pytest.raises(ssl.SSLError):
            unchecked.wrap_socket(plain, server_hostname=name)
    assert front.ask("/", Host="evil.example").status == 421
    assert front.ask("/").status == 200


def test_a_page_stays_live_through_it(front: Front, context: Flask) -> None:
    reader, page = Reader.new(), WebSocket(sslopt={"ca_certs": str(front.site.certificate)})
    page.connect(f"wss://localhost:{front.port}/ws", origin=front.site.settings.base_url, timeout=10)  # type: ignore[no-untyped-call]
    page.send(f'{{"type": "hello", "ticket": "{reader.ticket(front.site.settings.secret_key)}"}}')
    assert '"ready"' in page.recv()
    realtime.push_user(reader.user_id, "greeting", {"html": "<p>Hello</p>"})
    assert "<p>Hello</p>" in page.recv()
    page.close()
    refused = front.ask("/ws", Upgrade="websocket", Connection="Upgrade", Origin="https://evil.example")
    assert refused.status == 403


def test_what_a_visitor_claims_about_themselves_changes_nothing(front: Front) -> None:
    def left(source: str, **claimed: str) -> int:
        """How many pages more the web process gives them."""
        state = front.ask("/login", source=source, **claimed)["RateLimit"]
        return int(state.split("r=")[1].split(";")[0])

    here, claims = front.new_address(), ("203.0.113.9", "127.0.0.1", "203.0.113.9, 198.51.100.1")
    seen = [left(here, X_Forwarded_For=claim, Forwarded=f"for={claim}", X_Real_IP=claim) for claim in claims]
    assert seen == list(range(seen[0], seen[0] - len(claims), -1)), "one visitor, not several"
    assert left(front.new_address()) >= seen[0]
    told = front.ask("/login", X_Request_ID="forged-0123456789", Host=f"localhost:{front.port}")
    assert "forged" not in told["X-Request-ID"]
    assert front.line(told["X-Request-ID"])["status"] == 200
    assert told["X-Request-ID"] in front.web.log.read_text()
    for name in ("localhost:1", "localhost"):
        assert f"https://localhost:{front.port}/" in front.ask("/login", Host=name).text


# Files


def test_static_files_are_packed_ahead_and_kept_for_a_year(front: Front) -> None:
    asset = front.house.jinja_env.globals["asset"]
    path = str(asset("css/app.css"))  # type: ignore[operator]
    wide, packed = front.ask(path), front.ask(path, Accept_Encoding="gzip")
    assert wide["Cache-Control"] == packed["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (packed["Content-Encoding"], packed["Vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(packed.body) == wide.body
    assert wide["Content-Type"] == "text/css; charset=utf-8"
    assert wide["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in front.ask(str(asset("icons.svg")))["Content-Security-Policy"]  # type: ignore[operator]
    assert "Permissions-Policy" not in wide.headers
    if front.site.nginx.brotli and shutil.which("brotli"):
        smaller = front.ask(path, Accept_Encoding="gzip, br")
        assert smaller["Content-Encoding"] == "br"
        assert len(smaller.body) < len(packed.body)
        opened = subprocess.run(["brotli", "-dc"], input=smaller.body, capture_output=True, check=True)
        assert opened.stdout == wide.body
    before = front.reached("/static/<path:filename>")
    assert front.ask("/static/js/ui.js")["Cache-Control"] == "public, no-cache"
    assert front.reached("/static/<path:filename>") == before


def test_a_file_of_another_release_comes_from_the_web_process_and_is_not_kept(front: Front) -> None:
    other = front.ask("/static/css/app.css?v=0123456789")
    assert (other.status, other["Cache-Control"]) == (200, "public, no-cache")
    for path in ("/static/", "/static/css/", "/static/../app/config.py", "/static/%2e%2e/%2e%2e/.env"):
        assert front.ask(path).status in {400, 404}
    for version in ("..", "../../conf", "now/../../../log"):
        assert front.ask(f"/static/css/app.css?v={version}")["Cache-Control"] == "public, no-cache"


def closed(front: Front, owner: Person, name: str = "w800") -> tuple[str, bytes]:
    """In its owner's library, which is nobody else's."""
    shown = a_picture(front.house, owner)
    with front.house.app_context():
        where = address(shown, name, holder=(OWN, UUID(shown["id"])), viewer_id=owner.id)
        with storage().open(shown["names"][name]["key"]) as file:
            return where, file.read()


def test_a_closed_file_is_named_by_the_web_process_and_sent_by_nginx(front: Front, mara: Person) -> None:
    path, content = closed(front, mara)
    cookie = front.cookie(mara)
    whole = front.ask(path, Cookie=cookie)
    assert (whole.status, whole.body) == (200, content)
    assert whole["Content-Type"] == "image/webp"
    assert whole["Cache-Control"] == "private, no-cache"
    assert whole["Accept-Ranges"] == "bytes"
    assert "sandbox" in whole["Content-Security-Policy"]
    assert whole["X-Content-Type-Options"] == "nosniff"
    for hidden in ("X-Accel-Redirect", "X-Media-Range", "Last-Modified", "Set-Cookie"):
        assert not whole[hidden]
    again = front.ask(path, Cookie=cookie, If_None_Match=whole["ETag"])
    assert (again.status, again.body) == (304, b"")
    assert front.ask(path, Cookie=cookie, If_Modified_Since="Sun, 01 Jan 2040 00:00:00 GMT").status == 200
    assert front.line(whole["X-Request-ID"])["path"] == "/media"


def test_a_part_of_a_closed_file_is_that_part(front: Front, mara: Person) -> None:
    path, content = closed(front, mara)
    cookie, size = front.cookie(mara), len(content)
    etag = front.ask(path, Cookie=cookie)["ETag"]
    for asked, first, last in (
        ("bytes=5-99", 5, 99),
        ("bytes=100-", 100, size - 1),
        ("bytes=-7", size - 7, size - 1),
    ):
        part = front.ask(path, Cookie=cookie, Range=asked, If_Range=etag)
        assert (part.status, part.body) == (206, content[first : last + 1])
        assert part["Content-Range"] == f"bytes {first}-{last}/{size}"
        assert (part["Content-Type"], part["ETag"]) == ("image/webp", etag)
        assert part["Cache-Control"] == "private, no-cache"
        assert "sandbox" in part["Content-Security-Policy"]
    assert front.ask(path, Cookie=cookie, Range=f"bytes={size}-").status == 416
    changed = front.ask(path, Cookie=cookie, Range="bytes=0-9", If_Range='"another"')
    assert (changed.status, changed.body) == (200, content)
    several = front.ask(path, Cookie=cookie, Range="bytes=0-1,4-5")
    assert (several.status, several.body) == (200, content)


def test_nobody_else_gets_a_closed_file_by_any_address(front: Front, mara: Person) -> None:
    path, content = closed(front, mara)
    stranger = a_creator(front.house, "other")
    with front.house.app_context():
        key = next(one for one in storage().list("media/") if one.endswith("w800.webp"))
    for where in (
        path,
        f"/_stored/whole/{key}",
        f"/_stored/part/{key}",
        f"/%5fstored/whole/{key}",
        f"//_stored/whole/{key}",
        f"/static/../_stored/whole/{key}",
        f"/static/%2e%2e/_stored/part/{key}",
        f"/media/..%2f_stored/whole/{key}",
        f"/_errors/../_stored/whole/{key}",
    ):
        for cookie in ("", front.cookie(stranger)):
            answer = front.ask(where, Cookie=cookie, X_Accel_Redirect=f"/_stored/whole/{key}")
            assert answer.status in {400, 404}, where
            assert content not in answer.body
    assert front.ask("/_errors/503.html").status == 404


def test_a_public_file_is_kept_for_thirty_days(front: Front, mara: Person) -> None:
    shown = a_picture(front.house, mara, public=True)
    where = public_address(shown, "w320")
    answer = front.ask(where)
    assert answer.status == 200
    assert answer["Cache-Control"] == "public, max-age=2592000, immutable"
    assert front.ask(where, If_None_Match=answer["ETag"]).status == 304


# Pages that are alike for strangers


def at_once(front: Front, path: str, count: int, **headers: str) -> tuple[list[Answer], float]:
    began = time.monotonic()
    with ThreadPoolExecutor(10) as crowd:
        answers = list(crowd.map(lambda _: front.ask(path, **headers), range(count)))
    return answers, time.monotonic() - began


@pytest.mark.parametrize(
    ("path", "route"), [("/@{handle}", "/@<handle>"), ("/posts/{post}", "/posts/<uuid:post_id>")]
)
def test_a_crowd_of_strangers_is_one_visitor_a_second(
    front: Front, mara: Person, path: str, route: str
) -> None:
    post, before = a_post(front.house, mara.id), front.reached(route)
    path = path.format(post=post, handle=mara.handle)
    answers, seconds = at_once(front, path, 50)
    assert {answer.status for answer in answers} == {200}
    assert {answer["Set-Cookie"] for answer in answers} == {""}
    assert len({answer["X-Request-ID"] for answer in answers}) == 50
    assert not any(answer["RateLimit"] for answer in answers), "what is left to one is not told to others"
    assert 1 <= front.reached(route) - before <= math.ceil(seconds) + 1


def test_whoever_has_a_session_gets_a_page_of_their_own(front: Front, mara: Person) -> None:
    for who, name in (
        (front.ask(f"/@{mara.handle}"), "Sign in"),
        (front.ask(f"/@{mara.handle}", Cookie=front.cookie(mara)), "Mara"),
    ):
        assert name in who.text
    before = front.reached("/@<handle>")
    mine = [front.ask(f"/@{mara.handle}", Cookie=front.cookie(mara)) for _ in range(3)]
    assert front.reached("/@<handle>") - before == 3
    assert {answer["Cache-Control"] for answer in mine} == {"no-store"}
    assert not front.ask(f"/@{mara.handle}").text.count('action="/logout"')
    for cookie in ("__Host-fanlight=x", "a=b; fanlight=x"):
        at = front.reached("/creators")
        for _ in range(2):
            front.ask("/creators", Cookie=cookie)
        assert front.reached("/creators") - at == 2


def test_what_gives_a_cookie_or_says_private_is_given_to_one_alone(front: Front, mara: Person) -> None:
    post = a_post(front.house, mara.id, adult=True)
    for path in (f"/posts/{post}", "/login"):
        first, second = front.ask(path), front.ask(path)
        assert first["Set-Cookie"] != second["Set-Cookie"]
        assert "private" in first["Cache-Control"]
    missing = [front.ask(f"/posts/{uuid4()}") for _ in range(2)]
    assert [answer.status for answer in missing] == [404, 404]
    assert "no-store" in missing[0]["Cache-Control"]


def test_a_part_for_htmx_never_stands_for_its_page(front: Front, mara: Person) -> None:
    for part in (True, False, True, False):
        answer = front.ask(f"/@{mara.handle}", **({"HX_Request": "true"} if part else {}))
        assert ("<html" in answer.text) is not part


def test_who_takes_pages_packed_and_who_does_not_get_what_they_take(front: Front, mara: Person) -> None:
    before, began = front.reached("/@<handle>"), time.monotonic()
    for taken, packed in (
        ("gzip, deflate, br", True),
        ("", False),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("gzip;q=0", False),
        ("deflate, GZIP", True),
        ("x-gzippy;q=0, identity", False),
    ):
        answer = front.ask(f"/@{mara.handle}", Accept_Encoding=taken)
        assert (answer["Content-Encoding"] == "gzip") is packed, taken
        assert "<h1" in (gzip.decompress(answer.body) if packed else answer.body).decode()
    each = math.ceil(time.monotonic() - began) + 1
    assert front.reached("/@<handle>") - before <= 2 * each, "the ways to say it are one"


def test_other_cookies_have_pages_of_their_own(front: Front, mara: Person) -> None:
    """The web process says that cookies matter, whatever they are."""
    before = front.reached("/@<handle>")
    for cookie in ("", "theme=dark", "__Host-device=one"):
        front.ask(f"/@{mara.handle}", Cookie=cookie)
    assert front.reached("/@<handle>") - before == 3


# When something is wrong


def test_while_a_page_is_made_anew_only_one_waits_for_it(front: Front, mara: Person) -> None:
    path = f"/posts/{a_post(front.house, mara.id, title='A boat')}"
    assert "A boat" in front.ask(path).text
    waiting: list[ssl.SSLSocket] = []

    def one_waits() -> bool:
        """Whoever comes first when the second is over."""
        visitor = front.connect(front.new_address())
        visitor.sendall(request(path, "GET", None, {}, port=front.port))
        visitor.settimeout(0.3)
        try:
            read(visitor)
        except TimeoutError:
            waiting.append(visitor)
        return bool(waiting)

    with front.frozen_web():
        eventually(one_waits)
        shown = front.ask(path)
        assert "A boat" in shown.text
        assert front.line(shown["X-Request-ID"])["cache"] == "UPDATING"
    with waiting[0] as visitor:
        visitor.settimeout(30)
        assert b"200 OK" in visitor.recv(1_000)


def test_while_the_web_process_is_away_strangers_read_on_and_others_are_told(
    front: Front, mara: Person
) -> None:
    path = f"/posts/{a_post(front.house, mara.id, title='A boat')}"
    assert "A boat" in front.ask(path).text
    secret = f"/verify/{SECRET}"
    with front.without_web():
        assert "A boat" in front.ask(path).text
        told = front.ask(secret)
        assert (told.status, told["Retry-After"], told["Cache-Control"]) == (503, "5", "no-store")
        assert "<h1>Back in a moment</h1>" in told.text
        assert told["X-Request-ID"] in told.text
        assert "Strict-Transport-Security" not in told.headers, "this is localhost"
        assert "default-src 'none'" in told["Content-Security-Policy"]
        assert front.ask(path, Cookie=front.cookie(mara)).status == 503
        problem = front.ask("/live/ticket", Accept="application/json")
        assert problem["Content-Type"].startswith("application/problem+json")
        assert problem["X-Request-ID"] in problem.text
    assert SECRET not in front.site.error_log.read_text()


def test_a_file_closes_the_house_and_opens_it_again(front: Front) -> None:
    """Within a second: each of nginx's workers looks for it that often."""

    def ask(path: str, method: str, status: int) -> Answer | None:
        answer = front.ask(path, method, **({"Content_Length": "0"} if method == "POST" else {}))
        return answer if answer.status == status else None

    front.maintenance.touch()
    try:
        for path, method in (("/", "GET"), ("/login", "POST"), ("/uploads", "POST"), ("/ws", "GET")):
            closed = eventually(partial(ask, path, method, 503))
            assert closed is not None
            assert closed["Retry-After"] == "5"
            assert "Back in a moment" in closed.text
        style = str(front.house.jinja_env.globals["asset"]("css/app.css"))  # type: ignore[operator]
        assert front.ask(style).status == 200, "the page has its looks"
    finally:
        front.maintenance.unlink()
    assert eventually(partial(ask, "/", "GET", 200))


# Bounds


def test_who_asks_without_end_is_told_to_wait_and_nobody_else_is(front: Front) -> None:
    source, count = front.new_address(), 400
    asked = request("/creators", "HEAD", None, {"Connection": "keep-alive"}, port=front.port)
    last = request("/creators", "GET", None, {"Accept": "text/html"}, port=front.port)
    with front.connect(source) as visitor:
        visitor.sendall(asked * count + last)
        said = b""
        with suppress(ConnectionError):
            while part := visitor.recv(65_536):
                said += part
    refused = said.count(b"HTTP/1.1 429 ")
    assert 100 < refused < count
    assert said.count(b"Retry-After: 2") == refused
    assert b"A moment, please" in said
    assert front.ask("/creators").status == 200
    assert "creators" not in front.site.error_log.read_text()


def test_guessing_at_the_door_is_slower_still(front: Front) -> None:
    source = front.new_address()
    asked = request("/login", "POST", b"", {"Connection": "keep-alive"}, port=front.port)
    last = request("/login", "POST", b"", {"Accept": "application/json"}, port=front.port)
    with front.connect(source) as visitor:
        visitor.sendall(asked * 59 + last)
        said = b""
        with suppress(ConnectionError):
            while part := visitor.recv(65_536):
                said += part
    assert said.count(b"HTTP/1.1 429 ") >= 1
    assert front.ask("/login", source=source).status == 200, "to look is allowed"


def declared(front: Front, path: str, size: int) -> Answer:
    """What is said to somebody who has only announced how much will come."""
    with front.connect(front.new_address()) as visitor:
        visitor.sendall(request(path, "POST", None, {"Content-Length": str(size)}, port=front.port))
        return read(visitor)


@pytest.mark.parametrize(
    ("path", "most"), [("/login", 2_000_000), ("/webhooks/stripe", 524_288), ("/uploads", 62_914_560)]
)
def test_too_much_is_refused_before_it_is_sent(front: Front, path: str, most: int) -> None:
    refused = declared(front, path, most + 1)
    assert refused.status == 413
    assert "That is too big" in refused.text


def test_what_does_not_say_how_long_it_is_ends_at_the_bound(front: Front) -> None:
    with front.connect(front.new_address()) as visitor:
        visitor.sendall(
            request("/webhooks/mail", "POST", None, {"Transfer-Encoding": "chunked"}, port=front.port)
        )
        with suppress(ConnectionError):
            for _ in range(20):
                visitor.sendall(b"10000\r\n" + bytes(65_536) + b"\r\n")
        assert read(visitor).status == 413


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Content-Length: 4\r\nContent-Length: 200\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: \x0bchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Content-Length: +4\r\n",
    ],
)
def test_no_request_hides_in_the_body_of_another(front: Front, headers: str) -> None:
    before = front.reached("/purchases")
    hidden = f"GET /purchases HTTP/1.1\r\nHost: localhost:{front.port}\r\n\r\n"
    body = f"0\r\n\r\n{hidden}"
    said = b""
    with front.connect(front.new_address()) as visitor:
        visitor.sendall(
            f"POST /login HTTP/1.1\r\nHost: localhost:{front.port}\r\n{headers}\r\n{body}".encode()
        )
        visitor.settimeout(5)
        with suppress(ConnectionError, ssl.SSLError, TimeoutError):
            while part := visitor.recv(4_096):
                said += part
                if b"</html>" in said or b"Location: /login" in said:
                    break
    assert front.reached("/purchases") == before
    assert said.count(b"HTTP/1.1 200") == 0


def test_chunks_that_are_none_are_refused(front: Front) -> None:
    for chunk in ("zz\r\nabc\r\n0\r\n\r\n", "-1\r\n\r\n", "fffffffffffffffff\r\nabc\r\n0\r\n\r\n"):
        with front.connect(front.new_address()) as visitor:
            head = request("/login", "POST", None, {"Transfer-Encoding": "chunked"}, port=front.port)
            visitor.sendall(head + chunk.encode())
            assert read(visitor).status in {400, 413}


# The log


def hostile() -> Iterator[tuple[str, str]]:
    yield "/", 'a"b\\c}{"status": 200'
    yield '/"}{\\x', "\t\x01tab"
    yield "/\xff\xfe", "caf\xe9 \xff\xfe"
    yield "/%00%0a%22", "{}[]'<script>"
    yield "/" + "x" * 3_000, "y" * 3_000


def test_the_log_stays_json_whatever_is_sent(front: Front) -> None:
    answers = []
    for path, agent in hostile():
        with front.connect(front.new_address()) as visitor:
            visitor.sendall(request(path, "GET", None, {"User-Agent": agent}, port=front.port))
            answers.append(read(visitor))
    for answer in answers:
        line = front.line(answer["X-Request-ID"])
        assert line["status"] == answer.status
        assert len(line["path"]) <= 81
    with front.connect(front.new_address()) as visitor:
        visitor.sendall(b"\x00\xffnot http at all\r\n\r\n")
        visitor.recv(1_000)
    eventually(lambda: [line for line in front.lines() if line["status"] == 400])


def test_no_log_holds_what_opens_something(front: Front) -> None:
    paths = [f"/verify/{SECRET}", f"/reset/{SECRET}", f"/email/confirm/{SECRET}", f"/media/{SECRET}"]
    paths += [
        f"/unsubscribe/{SECRET}",
        f"/feeds/{SECRET}.xml",
        f"/login?next=/{SECRET}",
        f"/ws?ticket={SECRET}",
    ]
    paths += [
        f"//verify/{SECRET}",
        f"/%76erify/{SECRET}",
        f"/x/../verify/{SECRET}",
        f"/_stored/whole/{SECRET}",
    ]
    for path in paths:
        front.ask(path, Referer=f"https://localhost/{SECRET}", Authorization=f"Bearer {SECRET}")
    last = front.ask(f"/static/{SECRET}?v={SECRET}", Cookie=f"__Host-fanlight={SECRET}")
    assert front.line(last["X-Request-ID"])["method"] == "GET"
    for log in (front.site.access_log, front.site.error_log, front.folder / "nginx.out"):
        kept = log.read_text().replace(f"/static/{SECRET}", "")
        assert SECRET not in kept, log
