"""What the house needs to read its own data: settings, keys, the wallet's sealed file; all of it sealed."""

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from app.config import Settings
from workers.recovery.depot import Depot
from workers.recovery.errors import RecoveryError
from workers.stack.environment import SECRETS, Surroundings
from workers.stack.keys import write_private

STAMP = "%Y%m%dT%H%M%SZ"
WALLET = "SOLANA_WALLET_FILE"
# Where a machine keeps things is its own affair; how to reach the backup is known by whoever reads it.
OF_THE_MACHINE = {"DATA_DIR", "DATABASE_URL", "DATABASE_DIRECT_URL", "REDIS_URL", "CLOCK_FILE", WALLET}
# What runs there now is another release than then, and says so itself.
RELEASE = "RELEASE"
OF_BACKUPS = "BACKUP_"

SEALING, SIGNING, SIGNED_BEFORE = "ENCRYPTION_KEYS", "SECRET_KEY", "EARLIER_SECRET_KEYS"

Pack = dict[str, Any]


def gather(surroundings: Surroundings) -> Pack:
    known = {name.upper() for name in Settings.model_fields}
    settings = {
        name: value
        for name, value in surroundings.given.items()
        if name in known - OF_THE_MACHINE - {RELEASE} and not name.startswith(OF_BACKUPS)
    }
    demo = dotenv_values(surroundings.data_dir / "demo.env") if surroundings.demo else {}
    wallet = surroundings.given.get(WALLET)
    return {
        "settings": settings,
        "demo": {name: demo[name] for name in SECRETS if demo.get(name)},
        "wallet": base64.b64encode(Path(wallet).read_bytes()).decode() if wallet else "",
    }


def keep(depot: Depot, pack: Pack) -> None:
    """As they are now, where that is not what was kept last."""
    kept = depot.names("keys/")
    if not kept or depot.read_json(kept[-1]) != pack:
        depot.put_json(f"keys/{datetime.now(UTC):{STAMP}}", pack)


def of(depot: Depot, moment: datetime) -> Pack:
    """Those of that moment: what was sealed then may need a key that is gone by now."""
    kept = depot.names("keys/")
    if not kept:
        raise RecoveryError("The store holds no keys of the house.")
    before = [name for name in kept if _at(name) <= moment]
    pack: Pack = depot.read_json(before[-1] if before else kept[0])
    return pack


def prune(depot: Depot, floor: datetime) -> None:
    kept = depot.names("keys/")
    older = [name for name in kept if _at(name) <= floor]
    for name in older[:-1]:
        depot.delete(name)


def environment(pack: Pack) -> dict[str, str]:
    return {**pack["demo"], **pack["settings"]}


def put_back(pack: Pack, data_dir: Path, env: Path) -> list[str]:
    """Adds to `.env` what it does not say yet; the names. Nothing that is there goes.

    Keys that were replaced since then come in behind those of today: they open what was sealed then.
    """
    if pack["demo"]:
        lines = [f"{name}={value}\n" for name, value in pack["demo"].items()]
        write_private(data_dir / "demo.env", "".join(lines))
    missing = dict(pack["settings"])
    if pack["wallet"]:
        wallet = data_dir / "wallet"
        if not wallet.exists():
            write_private(wallet, base64.b64decode(pack["wallet"]).decode())
        missing[WALLET] = str(wallet)
    there = env.read_text() if env.exists() else ""
    given = {name: value for name, value in dotenv_values(env).items() if value}
    missing = {name: value for name, value in missing.items() if name not in {*given, RELEASE}}
    missing |= _keys_of_then(pack["settings"], given)
    if missing:
        lines = [f"{name}={_quoted(value)}\n" for name, value in missing.items()]
        write_private(env, f"{there.rstrip()}\n\n# From the backup.\n".lstrip() + "".join(lines))
    return sorted(missing)


def _keys_of_then(then: dict[str, str], now: dict[str, str]) -> dict[str, str]:
    """Lists that have to be longer than they are; the last line of a name counts.

    Of today's keys for sealing the first stays first. Those that signed stand as they followed each other.
    """
    added = {}
    sealing, sealed = _split(now.get(SEALING, "")), _split(then.get(SEALING, ""))
    if sealing and not set(sealed) <= set(sealing):
        added[SEALING] = ",".join(dict.fromkeys([*sealing, *sealed]))
    before = _split(now.get(SIGNED_BEFORE, ""))
    signed = [
        key
        for key in _split(f"{then.get(SIGNED_BEFORE, '')},{then.get(SIGNING, '')}")
        if key != now.get(SIGNING)
    ]
    if SIGNING in now and not set(signed) <= set(before):
        added[SIGNED_BEFORE] = ",".join(dict.fromkeys([*signed, *before]))
    return added


def _split(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",") if key.strip()]


def _quoted(value: str) -> str:
    """As dotenv reads it back, whatever is in it."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _at(name: str) -> datetime:
    return datetime.strptime(name.rpartition("/")[2], STAMP).replace(tzinfo=UTC)
