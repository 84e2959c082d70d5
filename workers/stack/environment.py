"""What the launcher finds and leaves in the environment: data folder, given settings, secrets."""

import base64
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from dotenv import dotenv_values

from workers.stack.keys import write_private

ROOT = Path(__file__).resolve().parents[2]
SECRETS = ("SECRET_KEY", "ENCRYPTION_KEYS", "VAPID_PRIVATE_KEY")
HEADER = "# Written at each start; shells and commands beside the running product read it.\n"


@dataclass(frozen=True)
class Surroundings:
    """Settings that the owner gave in the environment or in `.env`."""

    given: dict[str, str]

    @classmethod
    def look(cls) -> "Surroundings":
        kept = {name: value for name, value in dotenv_values(ROOT / ".env").items() if value}
        return cls({**kept, **{name: value for name, value in os.environ.items() if value}})

    @property
    def data_dir(self) -> Path:
        return (ROOT / self.given.get("DATA_DIR", "var")).resolve()

    @property
    def demo(self) -> bool:
        return self.given.get("MODE", "demo").lower() != "live"

    def embeds(self, setting: str) -> bool:
        """Whether the server that this setting would name is ours to run."""
        return setting not in self.given


@dataclass(frozen=True)
class Folders:
    """The launcher's folders below DATA_DIR."""

    data: Path

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def log(self) -> Path:
        return self.data / "log"

    def make(self) -> None:
        # The database's account passes through the first; nobody else enters the others.
        self.data.mkdir(mode=0o755, parents=True, exist_ok=True)
        self.run.mkdir(mode=0o700, exist_ok=True)
        self.log.mkdir(mode=0o700, exist_ok=True)


def write_servers_env(folders: Folders, surroundings: Surroundings, addresses: dict[str, str]) -> None:
    """Addresses of embedded servers and, in demo mode, secrets; never what the owner gave."""
    values = dict(addresses)
    if surroundings.demo:
        values |= _demo_secrets(folders.data / "demo.env")
    lines = [f"{name}={value}\n" for name, value in values.items() if name not in surroundings.given]
    write_private(folders.run / "servers.env", HEADER + "".join(lines))


def _demo_secrets(path: Path) -> dict[str, str]:
    """Made once: with other keys, personal data in the demo database could not be read again."""
    kept = {name: value for name, value in dotenv_values(path).items() if value}
    if not set(SECRETS) <= kept.keys():
        kept = new_secrets() | kept
        write_private(path, "".join(f"{name}={value}\n" for name, value in kept.items()))
    return {name: kept[name] for name in SECRETS}


def new_secrets() -> dict[str, str]:
    """Values for `.env`."""
    random = {name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "ENCRYPTION_KEYS")}
    return random | {"VAPID_PRIVATE_KEY": new_signing_key()}


def new_backup_key() -> str:
    """Not among those of the house: what it seals must be readable when the house is gone."""
    return secrets.token_urlsafe(48)


def new_signing_key() -> str:
    """P-256, as push services want it."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64.urlsafe_b64encode(number.to_bytes(32)).rstrip(b"=").decode()


if __name__ == "__main__":
    fresh = new_secrets() | {"BACKUP_KEY": new_backup_key()}
    print(*(f"{name}={value}" for name, value in fresh.items()), sep="\n")
