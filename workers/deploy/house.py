"""Where releases lie on this machine, which of them runs, and as which colour.

<home>/releases/<id>     a release: the code, `.env` (the settings), `release.env`, `.venv`
<home>/blue, green       the release that each colour runs, or ran last
<home>/active            the colour that visitors see
<home>/previous          the release before: where `back` leads
"""

import fcntl
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from workers.stack.errors import StackError

PLACE = Path("/etc/fanlight/deploy.toml")
NAMED = "FANLIGHT_DEPLOY"
COLOURS = ("blue", "green")


@dataclass(frozen=True)
class Proxy:
    """nginx, as far as a deployment deals with it."""

    # Where its configuration lies, and its log.
    folder: Path
    log: Path
    # Where it answers on this machine.
    port: int = 443
    # What else `python -m workers.proxy` is told here.
    options: tuple[str, ...] = ()
    test: tuple[str, ...] = ("nginx", "-t", "-q")
    reload: tuple[str, ...] = ("systemctl", "reload", "nginx")


@dataclass(frozen=True)
class House:
    home: Path
    etc: Path
    nginx: Proxy
    runner: str = "systemd"
    # Who the release's own commands run as, where this is root.
    account: str = ""
    # How long visitors see the new release before the old one is let go.
    watch_seconds: int = 10
    # Commands of flask that look at the data, after the migrations and before anybody sees the release.
    validate: tuple[str, ...] = ("ledger verify",)
    keep_releases: int = 3

    @classmethod
    def read(cls, path: Path | None = None) -> "House":
        path = path or Path(os.environ.get(NAMED, PLACE))
        try:
            said = tomllib.loads(path.read_text())
            nginx = said.pop("nginx")
            options = {name: tuple(nginx[name]) for name in ("options", "test", "reload") if name in nginx}
            proxy = Proxy(Path(nginx["folder"]), Path(nginx["log"]), int(nginx.get("port", 443)), **options)
            home, etc = Path(said.pop("home")), Path(said.pop("etc"))
            validate = tuple(said.pop("validate", cls.validate))
            return cls(home, etc, proxy, validate=validate, **said)
        except OSError as error:
            raise StackError(f"{path}: {error.strerror}. deploy/install.sh writes it.") from None
        except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
            raise StackError(f"{path} is not right: {error}") from None

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        with (self.home / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StackError("Another deployment is under way.") from None
            yield

    def release(self, name: str) -> Path:
        """By its name or its folder."""
        path = Path(name) if "/" in name else self.home / "releases" / name
        if not (path / "wsgi.py").exists() or not (path / ".venv").exists():
            raise StackError(f"{path} is no release. `deploy/release.sh` makes one.")
        return path.resolve()

    @property
    def active(self) -> str | None:
        """The colour that visitors see."""
        link = self.home / "active"
        return link.readlink().name if link.is_symlink() else None

    @property
    def idle(self) -> str:
        return COLOURS[1] if self.active == COLOURS[0] else COLOURS[0]

    def runs(self, colour: str | None) -> Path | None:
        """The release of this colour."""
        link = self.home / str(colour)
        return link.resolve() if link.is_symlink() and link.exists() else None

    def point(self, name: str, target: Path | str) -> None:
        """At once: who looks finds one or the other."""
        making = self.home / f".{name}.new"
        making.unlink(missing_ok=True)
        making.symlink_to(target)
        making.replace(self.home / name)

    def ports(self, colour: str) -> tuple[int, int]:
        """Of its pages and of its live socket."""
        path = self.etc / f"{colour}.env"
        said = dotenv_values(path)
        try:
            return int(said["PORT"] or ""), int(said["WS_PORT"] or "")
        except (KeyError, ValueError):
            raise StackError(f"{path}: needs PORT and WS_PORT.") from None


def name_of(release: Path) -> str:
    """As its own processes tell it."""
    return dotenv_values(release / "release.env").get("RELEASE") or release.name
