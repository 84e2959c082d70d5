"""nginx in front of the product on this machine, for `make serve`, with a certificate of its own."""

import os
import ssl
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPSConnection
from pathlib import Path

from app.config import Settings
from workers.proxy.certificate import NAME, own_certificate
from workers.proxy.program import Nginx
from workers.stack import ports
from workers.stack.embedded import LASTING
from workers.stack.environment import ROOT, Folders, Surroundings
from workers.stack.errors import StackError
from workers.stack.place import Account, make_home, may_enter
from workers.stack.programs import Program
from workers.stack.server import end_of, tethered

PREFIX = "/_stored/"
PORT_SETTING, PLAIN_PORT_SETTING = "SERVE_PORT", "SERVE_PLAIN_PORT"
# Begun anew at a start once it is this long; the last one stays.
LOG_MOST = 50 * 1024 * 1024


@dataclass(frozen=True)
class Front:
    nginx: Nginx
    folders: Folders
    home: Path
    account: Account | None

    @classmethod
    def make(cls, folders: Folders) -> "Front":
        nginx = Nginx.find()
        home, account = make_home(folders.data / "nginx", elsewhere=LASTING)
        if account:
            # Its workers reach what is in there, and put nothing in the way of who starts it.
            os.chown(home, 0, 0)
            home.chmod(0o711)
        return cls(nginx, folders, home, account)

    def take_over(self, surroundings: Surroundings, say: Callable[[str, str], None]) -> Surroundings:
        """The settings of a product behind a proxy, for all its processes; they win over `.env`."""
        port = surroundings.given.get(PORT_SETTING, str(Settings.model_fields["serve_port"].default))
        os.environ |= {
            "PUBLIC_URL": f"https://{NAME}:{port}",
            "WS_URL": f"wss://{NAME}:{port}/ws",
            "HOST": "127.0.0.1",
            "TRUSTED_PROXIES": "1",
        }
        if "S3_BUCKET" not in surroundings.given and self._sends_files(say):
            os.environ["X_ACCEL_PREFIX"] = PREFIX
        return Surroundings.look()

    def _sends_files(self, say: Callable[[str, str], None]) -> bool:
        storage = self.folders.data / "storage"
        storage.mkdir(exist_ok=True)
        reached = self.account is None or may_enter(self.account, storage)
        if not reached:
            say(
                "nginx",
                f"cannot enter {storage}: files go out by the web process (chmod o+x the folders above)",
            )
        return reached

    @property
    def configuration(self) -> Path:
        return self.folders.run / "nginx" / "nginx.conf"

    def program(self) -> Program:
        """It starts last, when there is something behind it."""
        command = [self.nginx.path, "-e", "stderr", "-c", str(self.configuration), "-g", "daemon off;"]
        return Program("nginx", tethered(command, end_with="QUIT"), 15, "QUIT", stop_wait=15)

    def begin_making(self, settings: Settings) -> "Making":
        certificate, key = own_certificate(self.folders.data / "tls")
        log = self.folders.log / "front.log"
        if log.exists() and log.stat().st_size > LOG_MOST:
            log.replace(log.with_name("front.log.1"))
        # A killed one leaves it behind, and the next could not listen there.
        (self.home / "own" / "parts.sock").unlink(missing_ok=True)
        options = {
            "--folder": self.configuration.parent,
            "--home": self.home,
            "--certificate": certificate,
            "--certificate-key": key,
            "--https-port": settings.serve_port,
            "--http-port": settings.serve_plain_port,
            "--account": self.account.name if self.account else "",
            "--log": log,
            "--pid": self.folders.run / "nginx.pid",
        }
        words = ["--here-only", *([] if ports.has_ipv6() else ["--no-ipv6"])]
        for name, value in options.items():
            words += [name, str(value)]
        return Making(self.folders.log / "nginx-making.log", words)

    def answers(self, settings: Settings) -> bool:
        trusting = ssl.create_default_context(cafile=own_certificate(self.folders.data / "tls")[0])
        connection = HTTPSConnection(NAME, settings.serve_port, timeout=5, context=trusting)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


class Making:
    """The child that writes nginx's configuration; runs from the moment it is made."""

    def __init__(self, log: Path, words: list[str]) -> None:
        self._log = log
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                tethered([sys.executable, "-m", "workers.proxy", *words]),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                process_group=0,
            )

    @property
    def done(self) -> bool:
        """StackError when it could not."""
        if self._process.poll():
            raise StackError(f"nginx's configuration could not be made. {end_of(self._log)}")
        return self._process.poll() == 0

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
