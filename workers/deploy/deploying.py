"""A deployment: the new release starts beside the old one, is tried, shown, watched; then the old one goes.

Until the old one goes, whatever fails leads back to it. Migrations stay: they only add, and the old release
works with them (workers/deploy/lint.py).
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

import psycopg2

from app.config import Settings, load_settings
from workers.deploy import lint, smoke
from workers.deploy.house import House, name_of
from workers.deploy.proxy import Front, Watch
from workers.deploy.runners import Runner, runner_for, stop_all
from workers.deploy.tidying import tidy
from workers.deploy.units import BACK, FRONT
from workers.stack import schema
from workers.stack.errors import StackError
from workers.stack.probe import status

READY_WITHIN = 90.0
# What works in the background has begun when it lives for this long.
SETTLED = 5.0
PAUSE = 0.1
LOOK_EVERY = 1.0
# The end of what a command said, which is where it says why it failed.
LINES = 8
# A table was in use for longer than a migration waits for it; somebody's long report ends some time.
MIGRATION_ATTEMPTS = 6
LOCKED = "LockNotAvailable"
VERSIONS = "migrations/versions"
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

Say = Callable[[str, str], None]


class Interrupted(StackError):
    """Somebody wants the deployment to end; it ends as one that failed."""


class Unsuccessful(StackError):
    """A command of a release; its last lines say why, mostly."""

    def __init__(self, words: Sequence[str], said: str) -> None:
        self.said = said
        lines = said.strip().splitlines()[-LINES:]
        super().__init__("\n  ".join([f"{' '.join(words)} did not succeed:", *lines]))


@dataclass(frozen=True)
class Undo:
    what: str
    action: Callable[[], None]
    # What comes after it would harm those whom it did not bring back.
    first: bool = False


class Deployment:
    def __init__(self, house: House, release: Path, say: Say, *, backup: bool = True) -> None:
        self._house = house
        self._release = release
        self._name = name_of(release)
        self._say = say
        self._wants_backup = backup
        self._runner: Runner = runner_for(house)
        self._old, self._new = house.active, house.idle
        self._before = house.runs(self._old)
        # How to take back what was done so far, the last first.
        self._undo: list[Undo] = []
        self._settings: Settings
        self._front: Front

    def run(self) -> None:
        """StackError or ConfigError when the old release is the one that runs."""
        with _ending_raises():
            try:
                for step in (
                    self._look,
                    self._back_up,
                    self._check_migrations,
                    self._migrate,
                    self._validate,
                    self._start,
                    self._try_it,
                    self._make_site,
                    self._switch,
                    self._watch,
                    self._move_work,
                    self._let_go,
                ):
                    self._step(step)
            except BaseException as error:
                self._take_back(error)
                raise
        self._tell("deployed")
        tidy(self._house, self._say)

    def _step(self, step: Callable[[], str]) -> None:
        begun = time.monotonic()
        told = step()
        self._say(step.__name__.strip("_").replace("_", " "), f"{told} ({time.monotonic() - begun:.1f} s)")

    # Before anybody sees it.

    def _look(self) -> str:
        if self._before == self._release:
            raise StackError(f"{self._name} runs already.")
        # Its settings are those of the commands below, too; a wrong one is told now.
        os.chdir(self._release)
        self._settings = load_settings()
        self._front = Front(self._house, self._settings.base_url)
        self._clear_up()
        running = name_of(self._before) if self._before else "nothing"
        return f"{running} runs, {self._name} comes as {self._new}"

    def _clear_up(self) -> None:
        """A deployment that was killed may have left visitors and work with what has to stop now."""
        if self._before and self._old:
            back = partial(self._bring_back, self._before, self._old)
            # Who breaks it off half-way leaves visitors with what has no worker, or with nothing at all.
            self._undo.append(Undo("bringing visitors and work to it", back, first=True))
            try:
                back()
            except Interrupted:
                raise
            except StackError as trouble:
                # What runs may be what this release mends.
                self._say("look", f"{name_of(self._before)} is not as it should be: {trouble}")
            self._undo.clear()
            self._runner.wake(self._new, with_machine=False)
        stop_all(self._runner, self._new)

    def _bring_back(self, release: Path, colour: str) -> None:
        away = [kind for kind in (*FRONT, *BACK) if not self._runner.runs(kind, colour)]
        if away:
            self._runner.adopt(release)
        for kind in away:
            if kind in BACK:
                self._runner.stop(kind, self._new)
            self._runner.start(kind, colour)
        if not smoke.is_seen(self._house.nginx.port, self._settings.base_url, name_of(release)):
            self._until_ready(colour)
            self._front.point(release, colour, name_of(release))

    def _back_up(self) -> str:
        if self._before is None:
            return "nothing runs yet"
        if not self._wants_backup:
            return "left out, as you said"
        if not getattr(self._settings, "backup_to", ""):
            raise StackError("No backup is configured. Set BACKUP_TO, or say --no-backup.")
        self._run(self._before, "-m", "workers.recovery", "backup")
        return "made"

    def _check_migrations(self) -> str:
        """Those that the running release does not have."""
        paths = lint.to_check(self._release / VERSIONS)
        known = {path.name for path in (self._before / VERSIONS).glob("*.py")} if self._before else set()
        new = [path for path in paths if path.name not in known]
        found = [finding for finding in lint.check(paths) if finding.file not in known]
        if found:
            lines = "\n  ".join(str(finding) for finding in found)
            raise StackError(f"These migrations do not let old and new code live together:\n  {lines}")
        return f"{len(new)} new, as they should be" if new else "none is new"

    def _migrate(self) -> str:
        if self._is_ahead():
            return "the database is newer than this release, which works with it"
        for attempt in range(1, MIGRATION_ATTEMPTS + 1):
            try:
                self._run(self._release, "-m", "flask", "--app", "app", "db", "upgrade")
                return "up to date"
            except Unsuccessful as error:
                if LOCKED not in error.said or attempt == MIGRATION_ATTEMPTS:
                    raise
                self._say("migrate", "a table is in use; trying again")
                time.sleep(2.0**attempt)
        raise AssertionError("not reached")

    def _is_ahead(self) -> bool:
        """What stands in the database is unknown to this release: it is an older one, and comes back."""
        known = schema.known(self._release / VERSIONS)
        database = psycopg2.connect(self._settings.direct_url)
        with contextlib.closing(database), database.cursor() as cursor:
            cursor.execute("SELECT to_regclass('alembic_version') IS NOT NULL")
            if cursor.fetchone() != (True,):
                return False
            cursor.execute("SELECT version_num FROM alembic_version")
            return bool({row[0] for row in cursor.fetchall()} - known)

    def _validate(self) -> str:
        for words in self._house.validate:
            self._run(self._release, "-m", "flask", "--app", "app", *words.split())
        return ", ".join(self._house.validate) or "nothing to look at"

    def _start(self) -> str:
        self._undo.append(Undo("stopping the new release", self._end_new))
        if before := self._before:
            self._undo.append(Undo("having units as they were", lambda: self._runner.adopt(before)))
        self._runner.adopt(self._release)
        self._house.point(self._new, self._release)
        for kind in FRONT:
            self._runner.start(kind, self._new)
        web, realtime = self._until_ready(self._new)
        return f"ready on ports {web} and {realtime}"

    def _end_new(self) -> None:
        stop_all(self._runner, self._new)
        self._runner.wake(self._new, with_machine=False)

    def _try_it(self) -> str:
        smoke.look(*self._house.ports(self._new), self._name, self._settings.base_url)
        return "it does what a visitor needs first"

    # Visitors come to it.

    def _make_site(self) -> str:
        self._undo.append(Undo("putting nginx's configuration back", self._front.put_back, first=True))
        self._front.make(self._release, self._old or self._new)
        return "nginx's configuration is made"

    def _switch(self) -> str:
        self._watching = Watch(self._house.nginx.log)
        if self._before and self._old:
            name, until = name_of(self._before), self._front.until_seen
            self._after_nginx(Undo("waiting until visitors are back", lambda: until(name), first=True))
        # A machine that loses its power now leads visitors there when it is back.
        self._runner.wake(self._new, with_machine=True)
        self._front.point(self._release, self._new, self._name)
        return f"visitors see {self._name}"

    def _watch(self) -> str:
        until = time.monotonic() + self._house.watch_seconds
        while time.monotonic() < until:
            time.sleep(LOOK_EVERY)
            self._watching.look()
            self._expect_alive(FRONT)
        return self._watching.told

    def _move_work(self) -> str:
        """One by one: the work of the old goes on until the new one takes it up."""
        for kind in BACK:
            if self._old and self._runner.runs(kind, self._old):
                self._after_nginx(Undo(f"starting the old {kind}", self._starting_again(kind, self._old)))
                self._runner.stop(kind, self._old)
            self._runner.start(kind, self._new)
        until = time.monotonic() + SETTLED
        while time.monotonic() < until:
            time.sleep(PAUSE)
            self._expect_alive(BACK)
        return "worker and scheduler are of the new release"

    def _after_nginx(self, undo: Undo) -> None:
        """Visitors are brought back before all else, and nothing ends before they are."""
        self._undo.insert(1, undo)

    def _starting_again(self, kind: str, colour: str) -> Callable[[], None]:
        def start() -> None:
            self._runner.stop(kind, self._new)
            self._runner.start(kind, colour)

        return start

    def _let_go(self) -> str:
        """From here on there is no way back but another deployment."""
        self._watching.look()
        self._expect_alive((*FRONT, *BACK))
        with _ending_waits():
            self._undo.clear()
            # First: where a machine stops in between, `back` leads to no release that is older than this.
            if self._before:
                self._house.point("previous", self._before)
            self._house.point("active", self._new)
        self._runner.keep(self._new, self._house.idle)
        if self._before is None or self._old is None:
            return "there was no other"
        stop_all(self._runner, self._old)
        self._runner.forget(self._old)
        return f"{name_of(self._before)} has finished its requests and ended"

    def _take_back(self, error: BaseException) -> None:
        with _ending_waits():
            self._say("failed", str(error) or type(error).__name__)
            if self._house.active == self._new:
                left = (
                    f"; the next deployment ends what is left of {name_of(self._before)}"
                    if self._before
                    else ""
                )
                self._say("let go", f"{self._name} runs all the same{left}")
                self._tell("deployed")
                return
            for undo in reversed(self._undo):
                self._say("back", undo.what)
                try:
                    undo.action()
                except (StackError, OSError) as trouble:
                    self._say("back", f"did not succeed: {trouble}")
                    if undo.first:
                        self._say("back", f"both releases go on, see to it: {self._new} is the new one")
                        break
            if self._before:
                self._say("back", f"{name_of(self._before)} runs")
            self._tell("taken-back", str(error))

    def _tell(self, outcome: str, why: str = "") -> None:
        """In the audit log, by the release that runs; an older one may not know how."""
        release = self._release if outcome == "deployed" else self._before
        if release is None:
            return
        words = [self._name, "--outcome", outcome, "--why", why[:500]]
        words += ["--before", name_of(self._before)] if self._before else []
        try:
            self._run(release, "-m", "flask", "--app", "app", "deployment", "record", *words)
        except StackError as trouble:
            self._say("record", f"not in the audit log: {trouble}")

    # Small things.

    def _until_ready(self, colour: str) -> tuple[int, int]:
        web, realtime = self._house.ports(colour)
        self._until("web", colour, lambda: status("127.0.0.1", web, "/readyz") == 200)
        self._until("realtime", colour, lambda: status("127.0.0.1", realtime, "/healthz") == 200)
        return web, realtime

    def _until(self, kind: str, colour: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not ready():
            if not self._runner.runs(kind, colour):
                self._ended(kind, colour)
            if time.monotonic() > deadline:
                raise StackError(
                    f"{kind} was not ready within {READY_WITHIN:.0f} s. {self._runner.why(kind, colour)}"
                )
            time.sleep(PAUSE)

    def _expect_alive(self, kinds: tuple[str, ...]) -> None:
        for kind in kinds:
            if not self._runner.runs(kind, self._new):
                self._ended(kind, self._new)

    def _ended(self, kind: str, colour: str) -> NoReturn:
        release = name_of(self._house.runs(colour) or self._release)
        raise StackError(f"{kind} of {release} ended. {self._runner.why(kind, colour)}")

    def _run(self, release: Path, *words: str) -> None:
        command = [str(release / ".venv/bin/python"), *words]
        if self._house.account and os.geteuid() == 0:
            command = ["runuser", "-u", self._house.account, "--", *command]
        done = subprocess.run(command, cwd=release, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unsuccessful(words, done.stdout + done.stderr)


@contextmanager
def _ending_raises() -> Iterator[None]:
    """Ctrl-C, and a terminal that goes away, are failures as others are."""

    def end(number: int, _: object) -> None:
        raise Interrupted(f"ended by {signal.Signals(number).name}")

    before = {number: signal.signal(number, end) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _ending_waits() -> Iterator[None]:
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
