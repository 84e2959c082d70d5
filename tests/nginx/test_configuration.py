"""Every shape of the configuration is one that nginx takes, and says what it was told."""

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.config import Mode, Settings
from tests.nginx.front import a_site, behind
from tests.support import free_port
from workers.proxy.__main__ import HOME
from workers.proxy.certificate import own_certificate
from workers.proxy.making import UPSTREAMS, point
from workers.proxy.packed import pack_all
from workers.proxy.site import Bounds, Site
from workers.stack.environment import ROOT
from workers.stack.errors import StackError

BOUNDS = Bounds(form=2_000_000, signed=524_288, upload=62_914_560)
LIVE: dict[str, Any] = {"mode": Mode.LIVE, "smtp_url": "smtp://localhost", "mail_from": "a@fans.example.org"}


@pytest.fixture
def site(settings: Settings, tmp_path: Path) -> Site:
    return a_site(behind(settings, free_port(), tmp_path / "data"), tmp_path, realtime=free_port())


def named(site: Site) -> Settings:
    """Not known by the name of this machine."""
    return site.settings.model_copy(
        update=LIVE | {"public_url": f"https://fans.example.org:{site.https_port}"}
    )


def shapes(site: Site) -> Iterator[tuple[str, Site]]:
    yield "one machine", site
    live = named(site)
    yield "for the world", replace(site, settings=live, here_only=False, ipv6=socket.has_ipv6)
    several = replace(
        site, settings=live, web=("10.0.0.11:3000", "10.0.0.12:3000"), realtime=("10.0.0.11:3002",)
    )
    yield "several machines", several
    yield "behind a balancer", replace(several, trusted=("10.0.0.0/24", "fd00::/8"))
    stored_elsewhere = live.model_copy(update={"x_accel_prefix": ""})
    yield "files in an object store", replace(several, settings=stored_elsewhere)
    yield "without Brotli", replace(site, nginx=replace(site.nginx, modules=()))


def written(site: Site) -> dict[str, str]:
    texts = site.texts(BOUNDS)
    for name, text in texts.items():
        path = site.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (site.home / "temp").mkdir(exist_ok=True)
    (site.home / "own").mkdir(exist_ok=True)
    return texts


def test_a_folder_too_long_for_a_socket_is_told(site: Site) -> None:
    with pytest.raises(StackError, match="Choose a shorter folder"):
        replace(site, home=site.home / ("a" * 100)).texts(BOUNDS)


def test_the_socket_of_a_killed_nginx_is_taken_away_before_the_next_one_listens(site: Site) -> None:
    parts = replace(site, home=HOME).texts(BOUNDS)["snippets/parts.conf"]
    (listens,) = re.findall(r"listen unix:(\S+);", parts)
    for starts_it in ("socket.conf", "compose.yaml"):
        assert f"rm -f {listens}\n" in (ROOT / "deploy" / starts_it).read_text()


def test_nginx_takes_every_shape_of_it(site: Site) -> None:
    for name, shape in shapes(site):
        texts = written(shape)
        assert not re.search(r"@[a-z0-9_]+@", "".join(texts.values())), name
        shape.nginx.check(shape.folder / "nginx.conf")


def test_what_nginx_does_not_take_is_told(site: Site) -> None:
    written(replace(site, web=("no address at all",)))
    with pytest.raises(StackError, match=r"upstreams\.conf"):
        site.nginx.check(site.folder / "nginx.conf")


def test_a_site_for_the_world_demands_tls_for_good_and_one_on_this_machine_does_not(site: Site) -> None:
    demand = 'add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;'
    assert demand not in site.texts(BOUNDS)["snippets/safety.conf"]
    assert demand in replace(site, settings=named(site)).texts(BOUNDS)["snippets/safety.conf"]


def test_newer_versions_get_http_2_in_the_way_they_want_it(site: Site) -> None:
    for version, line, word in (((1, 22, 1), False, True), ((1, 26, 3), True, False)):
        text = replace(site, nginx=replace(site.nginx, version=version)).texts(BOUNDS)["fanlight.conf"]
        assert ("http2 on;" in text) is line
        assert (" ssl http2" in text) is word


def test_a_deployment_writes_only_where_the_processes_are(site: Site) -> None:
    written(site)
    before = {path: path.read_text() for path in site.folder.rglob("*.conf")}
    point(replace(site, web=("127.0.0.1:3100",)))
    changed = [path for path, text in before.items() if path.read_text() != text]
    assert changed == [site.folder / UPSTREAMS]
    assert "server 127.0.0.1:3100 " in changed[0].read_text()


def test_every_address_of_a_limit_or_bound_is_one_that_the_house_has() -> None:
    """A renamed path must not slip out of its limit."""
    routes = (ROOT / "tests" / "architecture" / "routes.txt").read_text()
    for path in (
        "/login",
        "/join",
        "/reset",
        "/verify",
        "/email",
        "/uploads",
        "/webhooks",
        "/media",
        "/creators",
    ):
        assert f" {path}" in routes, path


def test_static_files_of_earlier_releases_stay(tmp_path: Path) -> None:
    static, packed = tmp_path / "static", tmp_path / "packed"
    static.mkdir()
    for text in ("body { color: red }" * 100, "body { color: blue }" * 100):
        (static / "app.css").write_text(text)
        pack_all(static, packed)
        pack_all(static, packed)
    assert (packed / "now" / "static" / "app.css").read_text() == text
    assert len([one for one in packed.iterdir() if one.name != "now"]) == 2
    assert not list(packed.rglob("*.new"))
    assert len(list(packed.rglob("app.css.gz"))) == 3


def test_styles_go_without_what_is_for_us_alone(tmp_path: Path) -> None:
    static, packed = tmp_path / "static", tmp_path / "packed"
    static.mkdir()
    (static / "app.css").write_text(
        "/* Why\n   so. */\n@layer a {\n  b > i { color: red; /* or blue */ }\n\n  i { top: 0 }\n}\n"
    )
    pack_all(static, packed)
    kept = (packed / "now" / "static" / "app.css").read_text()
    assert kept == "\n@layer a {\nb > i { color: red;  }\ni { top: 0 }\n}\n"


@pytest.mark.parametrize(
    "sheet", sorted((ROOT / "static" / "css").glob("*.css")), ids=lambda sheet: sheet.name
)
def test_no_style_has_in_its_words_what_would_go(sheet: Path) -> None:
    for word in re.findall(
        r"""url\([^)]*\)|"[^"\n]*"|'[^'\n]*'""", re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.S)
    ):
        assert "*" not in word
        assert "\n" not in word


def test_the_certificate_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    certificate, key = own_certificate(tmp_path / "tls")
    assert key.stat().st_mode & 0o077 == 0
    first = certificate.read_bytes()
    assert own_certificate(tmp_path / "tls")[0].read_bytes() == first
    key.unlink()
    assert own_certificate(tmp_path / "tls")[0].read_bytes() != first


def test_a_line_of_the_log_is_json_by_its_format(site: Site) -> None:
    text = site.texts(BOUNDS)["snippets/log.conf"]
    line = "".join(re.findall(r"^    '(.*)'", text, re.M))
    assert set(json.loads(re.sub(r"\$\w+", "1", line))) >= {"time", "status", "path", "correlation_id"}
