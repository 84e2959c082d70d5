"""A house into which releases are put: own servers, a real nginx, and the units' commands as processes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from app.config import Settings
from tests.browser.site import ROOT
from tests.platform.houses import a_house, a_mortal_house
from tests.support import eventually, free_port
from workers.deploy.house import House
from workers.deploy.runners import Processes, stop_all
from workers.proxy.certificate import own_certificate
from workers.proxy.program import Nginx
from workers.stack.place import make_home
from workers.stack.server import tethered

CODE = ("app", "deploy", "migrations", "nginx", "static", "templates", "workers", "wsgi.py")


@dataclass(frozen=True)
class Place:
    """What stands at https://localhost:<port>, and the folders behind it."""

    folder: Path
    port: int
    certificate: Path
    app: Flask
    settings: Settings
    # The database as somebody who may read its log.
    admin_url: str = ""

    @property
    def house(self) -> House:
        return House.read(self.folder / "etc" / "deploy.toml")

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def a_release(self, name: str, changes: Mapping[str, str] | None = None) -> Path:
        """This code under another name; `changes` are files that it has anew."""
        release = self.folder / "home" / "releases" / name
        release.mkdir(parents=True)
        for part in CODE:
            _copy(ROOT / part, release / part)
        for path, text in (changes or {}).items():
            (release / path).unlink(missing_ok=True)
            (release / path).write_text(text)
        (release / "release.env").write_text(f"RELEASE={name}\n")
        (release / ".env").symlink_to(self.folder / "etc" / "env")
        (release / ".venv").symlink_to(Path(sys.prefix))
        return release

    @contextmanager
    def backed_up(self, store: Path) -> Iterator[dict[str, str]]:
        """With BACKUP_TO in its settings, and the process that brings the log away; what it was told."""
        told = {
            "BACKUP_TO": str(store),
            "BACKUP_KEY": "the-key-of-the-backups-0123456789",
            "BACKUP_DATABASE_URL": self.admin_url,
            "BACKUP_SECONDS": "1",
            "BACKUP_DRILL_DAYS": "0",
        }
        env = self.folder / "etc" / "env"
        before = env.read_text()
        env.write_text(before + "".join(f"{name}={value}\n" for name, value in told.items()))
        command = tethered([sys.executable, "-m", "workers.recovery", "receive"])
        with (self.folder / "log" / "recovery.out").open("wb") as out:
            receiving = subprocess.Popen(command, cwd=self.folder / "home/active", stdout=out, stderr=out)
        try:
            yield told
        finally:
            receiving.terminate()
            receiving.wait(30)
            env.write_text(before)

    def deploy(self, release: str, *options: str) -> "subprocess.CompletedProcess[str]":
        """As its owner does, from the release's own folder."""
        with self.deploying(release, *options) as process:
            said, wrong = process.communicate(timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, said, wrong)

    def deploying(self, release: str, *options: str) -> "subprocess.Popen[str]":
        folder = self.folder / "home" / ("blue" if release == "back" else f"releases/{release}")
        toml = str(self.folder / "etc" / "deploy.toml")
        command = [sys.executable, "-m", "workers.deploy", release, "--house", toml, *options]
        return subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )


@contextmanager
def a_place(folder: Path) -> Iterator[Place]:
    """`folder` is one that the account of nginx's workers may enter."""
    port = free_port()
    with a_mortal_house(folder / "servers") as (app, servers):
        settings = app.extensions["fanlight.settings"].model_copy(
            update={"public_url": f"https://localhost:{port}", "data_dir": folder / "data"}
        )
        (folder / "data").mkdir(exist_ok=True)
        certificate, _ = own_certificate(folder / "tls")
        place = Place(folder, port, certificate, a_house(settings), settings, servers.admin_url)
        _write(place)
        with _nginx(place):
            try:
                yield place
            finally:
                for colour in ("blue", "green"):
                    stop_all(Processes(place.house), colour)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)


def _write(place: Place) -> None:
    etc, home = place.folder / "etc", place.folder / "home"
    etc.mkdir()
    home.mkdir()
    (place.folder / "log").mkdir()
    settings = {
        "MODE": "demo",
        "PUBLIC_URL": place.url,
        "DATABASE_URL": place.settings.database_url,
        "DATABASE_DIRECT_URL": place.settings.database_direct_url,
        "REDIS_URL": place.settings.redis_url,
        "DATA_DIR": str(place.settings.data_dir),
        "SECRET_KEY": place.settings.secret_key,
        "ENCRYPTION_KEYS": ",".join(place.settings.encryption_keys),
        "TRUSTED_PROXIES": "1",
        "WEB_PROCESSES": "1",
        "LIMIT_READ": "100000",
        "LIMIT_WRITE": "100000",
    }
    (etc / "env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    for colour in ("blue", "green"):
        ports = f"PORT={free_port()}\nWS_PORT={free_port()}\n"
        counted = f"PROMETHEUS_MULTIPROC_DIR={place.settings.data_dir}/run/metrics/{colour}\n"
        (etc / f"{colour}.env").write_text(ports + counted)
    nginx, conf = Nginx.find().path, place.folder / "conf"
    words = {
        "options": _options(place),
        "test": [nginx, "-t", "-q", "-c", f"{conf}/nginx.conf"],
        "reload": [nginx, "-c", f"{conf}/nginx.conf", "-s", "reload"],
    }
    lists = "".join(f"{name} = {value}\n" for name, value in words.items())
    (etc / "deploy.toml").write_text(
        f'home = "{home}"\netc = "{etc}"\nrunner = "processes"\nwatch_seconds = 3\n'
        f'[nginx]\nfolder = "{conf}"\nlog = "{place.folder}/log/front.log"\nport = {place.port}\n{lists}'
    )


def _options(place: Place) -> list[str]:
    home, account = make_home(place.folder / "nginx", elsewhere=place.folder)
    account_named = ["--account", account.name] if account else []
    key = place.certificate.with_name("key.pem")
    where = ["--home", str(home), "--pid", f"{place.folder}/nginx.pid"]
    tls = ["--certificate", str(place.certificate), "--certificate-key", str(own_certificate(key.parent)[1])]
    ports = ["--https-port", str(place.port), "--http-port", str(free_port())]
    return [*where, *tls, *ports, "--here-only", "--no-ipv6", *account_named]


@contextmanager
def _nginx(place: Place) -> Iterator[None]:
    """Before there is anything behind it, as after an installation."""
    nginx = place.house.nginx
    command = [sys.executable, "-m", "workers.proxy", "--folder", str(nginx.folder), "--log", str(nginx.log)]
    settings = dict(line.split("=", 1) for line in (place.folder / "etc" / "env").read_text().splitlines())
    subprocess.run([*command, *nginx.options], cwd=ROOT, env=os.environ | settings, check=True)
    conf = str(nginx.folder / "nginx.conf")
    run = tethered([Nginx.find().path, "-e", "stderr", "-c", conf, "-g", "daemon off;"], end_with="QUIT")
    with (place.folder / "log" / "nginx.out").open("wb") as out:
        process = subprocess.Popen(run, stdout=out, stderr=out)
    try:
        eventually((place.folder / "nginx.pid").exists)
        yield
    finally:
        process.terminate()
        process.wait(30)
