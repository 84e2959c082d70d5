"""The launcher behind `make run`: servers, migrations, demo data, all processes, an address to click.

python -m workers.stack.up [--follow-parent] [--serve]

With `--serve` nginx stands in front, as it would in production.
"""

import contextlib
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from http import HTTPStatus

from app.config import ConfigError, Settings, load_settings
from workers.proxy.local import PLAIN_PORT_SETTING, PORT_SETTING, Front, Making
from workers.stack import doubles, ports, programs
from workers.stack.embedded import EmbeddedServers
from workers.stack.environment import ROOT, Folders, Surroundings, write_servers_env
from workers.stack.errors import StackError
from workers.stack.external import check_database, check_redis
from workers.stack.lock import take_lock
from workers.stack.postgres import Postgres
from workers.stack.preparing import Preparing
from workers.stack.probe import status
from workers.stack.redis_server import Redis
from workers.stack.schema import is_at_head
from workers.stack.server import Server, end_of
from workers.stack.sockets import LOOPBACK
from workers.stack.supervise import Supervisor
from workers.stack.tether import end_with_parent
from workers.stack.waiter import Waiter
from workers.stack.watch import Watch

READY_WITHIN = 60.0
# Years of data may have to be moved.
MIGRATED_WITHIN = 3600.0
PAUSE = 0.05
# For the realtime process' sockets; more may be allowed, nothing here needs it.
DESCRIPTORS = 65_536
NAMES = {"postgres": "database", "redis": "redis"}
# Stands in for an address that is not known before the servers are there.
TO_COME = {Postgres.setting: "postgresql://to-come", Redis.setting: "redis://to-come"}


class AskedToStop(Exception):
    """Ctrl-C or SIGTERM came during the start."""


def say(what: str, how: str) -> None:
    """One tidy line. A reader that went away (`make run | head`) must not keep us from stopping."""
    with contextlib.suppress(OSError):
        print(f"  {what:<14}{how}", flush=True)


class Launcher:
    def __init__(self, *, serve: bool = False) -> None:
        self.serve = serve
        self.begun = time.monotonic()
        self.waiter = Waiter()
        self.surroundings = Surroundings.look()
        self.folders = Folders(self.surroundings.data_dir)
        os.environ["DATA_DIR"] = str(self.folders.data)
        self.supervisor = Supervisor(self.folders)
        self.watch = Watch(self.supervisor, self.folders, self.waiter, say)
        self.preparing: Preparing | None = None
        self.front: Front | None = None
        self.making: Making | None = None
        self.sign_ins: dict[str, str] = {}

    def run(self) -> None:
        """Until asked to stop; StackError or ConfigError when it cannot."""
        self.folders.make()
        lock = take_lock(self.folders, say)
        if self.serve:
            self.front = Front.make(self.folders)
            self.surroundings = self.front.take_over(self.surroundings, say)
        write_servers_env(self.folders, self.surroundings, {})
        self.settings = self._check_settings()
        self.doubles = doubles.wanted(self.settings, self.surroundings)
        _check_ports(self.settings, {"PORT": self.settings.port} | self._later_ports)
        self._write_addresses({})
        try:
            self._start(self._servers(), lock)
            self.watch.until_asked_to_stop()
        except AskedToStop:
            pass
        finally:
            for child in (self.preparing, self.making):
                if child:
                    child.kill()
            self.watch.stop_all()

    @property
    def _later_ports(self) -> dict[str, int]:
        """Of all that starts once the web answers."""
        play = {double.port_setting: double.port for double in self.doubles}
        front = {
            PORT_SETTING: self.settings.serve_port,
            PLAIN_PORT_SETTING: self.settings.serve_plain_port,
        }
        return {"WS_PORT": self.settings.ws_port} | play | (front if self.front else {})

    def _check_settings(self) -> Settings:
        missing = {name: url for name, url in TO_COME.items() if self.surroundings.embeds(name)}
        return load_settings(**{name.lower(): url for name, url in missing.items()})

    def _servers(self) -> list[Server]:
        """The embedded servers, ready to start; the owner's own are tried."""
        if not self.surroundings.embeds(Postgres.setting):
            check_database(self.settings.database_url)
            if self.settings.pooled:
                check_database(self.settings.direct_url, "DATABASE_DIRECT_URL")
        elif self.settings.database_direct_url:
            raise StackError("DATABASE_DIRECT_URL: is the way past a pooler, and DATABASE_URL names none.")
        if not self.surroundings.embeds(Redis.setting):
            check_redis(self.settings.redis_url)
        if not any(self.surroundings.embeds(name) for name in TO_COME):
            return []
        both = EmbeddedServers(self.folders.data, logs=self.folders.log)
        if both.leftovers:
            say("earlier run", f"stopped what it left behind: {', '.join(both.leftovers)}")
        servers = [server for server in both.all if self.surroundings.embeds(server.setting)]
        addresses = {server.setting: server.url for server in servers}
        self._write_addresses(addresses)
        for server in servers:
            if server.prepare():
                say(NAMES[server.name], f"made in {server.data}")
        return servers

    def _write_addresses(self, servers: dict[str, str]) -> None:
        """Of all that runs beside the product, for every process of it."""
        play = {name: value for double in self.doubles for name, value in double.settings.items()}
        write_servers_env(self.folders, self.surroundings, servers | play)

    def _start(self, embedded: list[Server], lock: int) -> None:
        own = [
            *programs.processes(self.settings, self.folders),
            *programs.play(self.doubles, self.folders),
        ]
        front = [self.front.program()] if self.front else []
        self.supervisor.start([*programs.servers(embedded), *own, *front], lock)
        self._until(lambda: bool(self.supervisor.states()), "supervisord")
        self._start_servers(embedded)
        if not is_at_head(load_settings().direct_url):
            self._prepare()
        # The one that people wait for has the machine to itself.
        self.watch.start_program(own[0].name)
        self._until(self._web_is_ready, "web")
        say("web", f"ready ({self._elapsed()})")
        # Somebody may have taken one meanwhile; a stranger who listens there would look like ours.
        _check_ports(self.settings, self._later_ports)
        for program in own[1:]:
            self.watch.start_program(program.name)
        if self.front:
            self.making = self.front.begin_making(self.settings)
        sign_ins = self._prepare()
        self._until(self._realtime_is_ready, "realtime")
        for double in self.doubles:
            self._until(double.listens, double.name)
        if self.front and self.making:
            self._put_in_front(self.front, self.making)
        say("processes", f"ready ({self._elapsed()})")
        _greet(self.settings, sign_ins)

    def _put_in_front(self, front: Front, making: Making) -> None:
        self._until(lambda: making.done, "nginx-making")
        front.nginx.check(front.configuration)
        self.watch.start_program(front.program().name)
        self._until(lambda: front.answers(self.settings), "nginx")
        say("nginx", f"ready, with a certificate of its own: your browser asks once ({self._elapsed()})")

    def _start_servers(self, embedded: list[Server]) -> None:
        for server in embedded:
            self.watch.start_server(server.name)
        for server in embedded:
            self._until(server.answers, server.name)
            say(NAMES[server.name], f"ready ({self._elapsed()})")
            if isinstance(server, Postgres) and not self.settings.backup_to:
                server.forget_reader()

    def _prepare(self) -> dict[str, str]:
        """Migrations and demo data, once; what the demo accounts sign in with."""
        if self.preparing is None:
            self.preparing = preparing = Preparing(self.folders)
            self._until(lambda: preparing.done, "prepare", MIGRATED_WITHIN)
            self.sign_ins = preparing.sign_ins()
            say("tables", f"up to date{', demo data in place' if self.sign_ins else ''} ({self._elapsed()})")
        return self.sign_ins

    def _web_is_ready(self) -> bool:
        return status(self.settings.host, self.settings.port, "/readyz") == HTTPStatus.OK

    def _realtime_is_ready(self) -> bool:
        return status(self.settings.host, self.settings.ws_port, "/healthz") == HTTPStatus.OK

    def _until(self, question: Callable[[], bool], name: str, within: float = READY_WITHIN) -> None:
        deadline = time.monotonic() + within
        while not question():
            self.watch.check_start()
            if time.monotonic() > deadline:
                log = self.folders.log / f"{name}.log"
                raise StackError(f"{name} was not ready within {within:.0f} s. {end_of(log)}")
            self.waiter.sleep(PAUSE)
            if self.waiter.asked:
                raise AskedToStop

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self.begun:.1f} s"


def _check_ports(settings: Settings, wanted: dict[str, int]) -> None:
    hosts = ["127.0.0.1", "::1"] if settings.host in LOOPBACK else [settings.host]
    problems = []
    for name, port in wanted.items():
        if not all(ports.can_listen(port, host) for host in hosts):
            other = next(
                p for p in range(port + 1, port + 1000) if p not in wanted.values() and ports.is_free(p)
            )
            problems.append(
                f"Port {port} is taken by {ports.holder(port)}. "
                f"Stop it or choose another: {name}={other} make run"
            )
    if problems:
        raise StackError("\n".join(problems))


def _greet(settings: Settings, sign_ins: dict[str, str]) -> None:
    lines = ["", f"  {settings.site_name} is at  {settings.base_url}", ""]
    if sign_ins:
        lines += [f"  {'sign in as':<24}{'password':<24}second factor (TOTP secret)"]
        for handle in ("fan", "creator", "moderator", "admin"):
            second = sign_ins["totp"] if handle in {"moderator", "admin"} else "-"
            lines.append(f"  {handle + '@demo.test':<24}{sign_ins['password']:<24}{second}")
        lines.append("")
    lines.append("  Ctrl-C stops it.")
    with contextlib.suppress(OSError):
        print(*lines, "", sep="\n", flush=True)


def _allow_descriptors() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if most == resource.RLIM_INFINITY else min(DESCRIPTORS, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def main() -> int:
    if "--follow-parent" in sys.argv:
        end_with_parent(signal.SIGTERM)
    os.chdir(ROOT)
    _allow_descriptors()
    try:
        Launcher(serve="--serve" in sys.argv).run()
    except ConfigError as error:
        print("These settings are not right:", *error.problems, sep="\n  ", file=sys.stderr)
        return 1
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
