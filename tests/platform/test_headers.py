"""What every answer tells the browser about safety, and which names the house answers to."""

from pathlib import Path

import pytest
from flask import Flask, request

from app.config import Mode, Settings
from app.platform.guards import Access
from tests.factories.people import signed_in
from tests.platform.houses import a_house, room

LIVE = {"mode": Mode.LIVE, "public_url": "https://fans.example.org", "smtp_url": "smtp://localhost"}


def policy(app: Flask, path: str = "/healthz") -> dict[str, str]:
    header = app.test_client().get(path).headers["Content-Security-Policy"]
    return dict(rule.split(" ", 1) for rule in header.split("; "))


@pytest.fixture
def live(settings: Settings, app: Flask) -> Flask:
    house = a_house(settings, **LIVE)
    room(house, "/where", lambda: request.host_url, Access.ANYONE)
    return house


def test_nothing_inline_nothing_evaluated_nothing_from_elsewhere(app: Flask) -> None:
    rules = policy(app)
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["form-action"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert not any("unsafe" in rule or "*" in rule for rule in rules.values())


def test_the_live_socket_is_the_only_place_besides_ours_that_scripts_may_reach(
    app: Flask, live: Flask
) -> None:
    assert policy(app)["connect-src"] == "'self' ws://localhost:3002"
    assert policy(live)["connect-src"] == "'self' wss://fans.example.org"


@pytest.mark.parametrize("path", ["/healthz", "/no/such/page", "/static/css/app.css", "/live/ticket"])
def test_every_answer_carries_the_safety_headers(app: Flask, path: str) -> None:
    headers = app.test_client().get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Server" not in headers
    assert headers["X-Request-ID"]


@pytest.mark.parametrize("path", ["/", "/login", "/no/such/page", "/static/css/app.css"])
def test_no_other_site_may_read_our_answers(app: Flask, path: str) -> None:
    headers = app.test_client().get(path, headers={"Origin": "https://evil.example"}).headers
    assert "Access-Control-Allow-Origin" not in headers
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_every_answer_says_what_it_is(app: Flask) -> None:
    """Text with its character set, also in files."""
    client = app.test_client()
    files = [f"/{path}" for path in Path("static").rglob("*") if path.is_file()]
    pages = ["/", "/login", "/no/such/page", "/healthz", "/metrics"]
    for path in (*pages, *files):
        kind = client.get(path).headers["Content-Type"]
        assert kind != "application/octet-stream", path
        if kind.startswith("text/") or "+xml" in kind:
            assert "charset=utf-8" in kind, path


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT"])
@pytest.mark.parametrize("path", ["/", "/login", "/static/css/app.css", "/no/such/page"])
def test_nothing_is_echoed(app: Flask, method: str, path: str) -> None:
    answer = app.test_client().open(path, method=method, headers={"X-Secret": "hunter2"})
    assert answer.status_code in {404, 405}
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/static",
        "/static/",
        "/static/css/",
        "/static/../app/config.py",
        "/static/%2e%2e/app/config.py",
        "/static/..%2f..%2fapp/config.py",
        "/static/..%5capp",
        "/.git/HEAD",
        "/.env",
        "/var/demo.env",
    ],
)
def test_no_folder_is_listed_and_no_file_beside_the_public_ones_is_served(app: Flask, path: str) -> None:
    assert app.test_client().get(path).status_code == 404


def test_whoever_signs_out_leaves_no_page_behind(app: Flask) -> None:
    page = signed_in(app)
    form = page.get("/settings/profile").form("/logout")
    assert page.send(form, follow=False).response.headers["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in page.get("/login").response.headers


@pytest.mark.parametrize("path", ["/reset/secret", "/verify/secret", "/email/confirm/secret"])
def test_a_page_whose_address_is_a_secret_is_stored_nowhere(app: Flask, path: str) -> None:
    assert app.test_client().get(path).headers["Cache-Control"] == "no-store"


def test_only_a_site_on_tls_demands_tls(app: Flask, live: Flask) -> None:
    assert "Strict-Transport-Security" not in app.test_client().get("/healthz").headers
    demanded = live.test_client().get("/healthz").headers["Strict-Transport-Security"]
    assert demanded == "max-age=31536000; includeSubDomains"


def test_what_a_signed_in_person_sees_is_stored_nowhere(app: Flask) -> None:
    assert signed_in(app).get("/live/ticket").response.headers["Cache-Control"] == "no-store"


def test_versioned_files_are_kept_for_good_and_others_are_asked_for_again(app: Flask) -> None:
    """Nor is what another release called so, whose pages are still open."""
    client = app.test_client()
    address = str(app.jinja_env.globals["asset"]("css/app.css"))  # type: ignore[operator]
    assert client.get(address).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for other in ("/static/css/app.css", "/static/css/app.css?v=0123456789"):
        assert client.get(other).headers["Cache-Control"] == "public, no-cache"


def test_live_the_house_answers_to_its_own_name_only(live: Flask) -> None:
    client = live.test_client()
    assert client.get("/where", base_url="https://fans.example.org").text == "https://fans.example.org/"
    foreign = client.get("/where", base_url="https://evil.example")
    assert foreign.status_code == 400
    assert "evil.example" not in foreign.text


def test_live_probes_on_the_machine_still_reach_it(live: Flask) -> None:
    for host in ("localhost:3000", "127.0.0.1:3000"):
        assert live.test_client().get("/healthz", base_url=f"http://{host}").status_code == 200


def test_a_forwarded_host_changes_nothing(live: Flask) -> None:
    answer = live.test_client().get(
        "/where", base_url="https://fans.example.org", headers={"X-Forwarded-Host": "evil.example"}
    )
    assert answer.text == "https://fans.example.org/"
