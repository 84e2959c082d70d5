"""What must outlive the process, in one SQLite file."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solders.account import Account
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from workers.doubles.chain import tokens
from workers.doubles.chain.slots import Level

SCHEMA = """
CREATE TABLE IF NOT EXISTS anchor (slot INTEGER NOT NULL, since REAL NOT NULL);
CREATE TABLE IF NOT EXISTS accounts (
    address BLOB PRIMARY KEY, account BLOB NOT NULL, holder BLOB, mint BLOB, program BLOB
);
CREATE INDEX IF NOT EXISTS held ON accounts (holder);
CREATE TABLE IF NOT EXISTS transactions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    signature TEXT NOT NULL UNIQUE,
    wire BLOB NOT NULL,
    slot INTEGER NOT NULL,
    time INTEGER NOT NULL,
    reach INTEGER NOT NULL,
    meta TEXT NOT NULL,
    memo TEXT
);
CREATE TABLE IF NOT EXISTS mentions (
    address BLOB NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (address, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS writes (
    address BLOB NOT NULL, number INTEGER NOT NULL, before BLOB, PRIMARY KEY (address, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS written ON writes (number);
CREATE TABLE IF NOT EXISTS waiting (
    signature TEXT PRIMARY KEY, wire BLOB NOT NULL, slot INTEGER NOT NULL, reach INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS wallets (name TEXT PRIMARY KEY, secret BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS approved (token TEXT PRIMARY KEY, signature TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Landed:
    """A transaction in its block."""

    number: int
    signature: str
    wire: bytes
    slot: int
    time: int
    # The highest level that it may come to; tests hold some below `finalized`.
    reach: Level
    meta: dict[str, Any]
    memo: str | None

    @property
    def transaction(self) -> VersionedTransaction:
        return VersionedTransaction.from_bytes(self.wire)


@dataclass(frozen=True)
class Cut:
    """Which transactions a reader sees: up to this slot, and not held below this level."""

    slot: int
    level: Level

    def sees(self, landed: Landed) -> bool:
        return landed.slot <= self.slot and landed.reach >= self.level


class Store:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "chain.sqlite", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(SCHEMA)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All of it or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()

    def anchor(self) -> tuple[int, float] | None:
        found: tuple[int, float] | None = self._db.execute("SELECT slot, since FROM anchor").fetchone()
        return found

    def set_anchor(self, anchor: tuple[int, float]) -> None:
        self._db.execute("DELETE FROM anchor")
        self._db.execute("INSERT INTO anchor VALUES (?, ?)", anchor)

    # Accounts

    def accounts(self) -> Iterator[tuple[Pubkey, Account]]:
        for address, account in self._db.execute("SELECT address, account FROM accounts"):
            yield Pubkey(address), Account.from_bytes(account)

    def put_account(self, address: Pubkey, account: Account | None) -> None:
        if account is None:
            self._db.execute("DELETE FROM accounts WHERE address = ?", (bytes(address),))
            return
        held = tokens.holding(account)
        token = (bytes(held.owner), bytes(held.mint), bytes(held.program)) if held else (None, None, None)
        self._db.execute(
            "INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?, ?)", (bytes(address), bytes(account), *token)
        )

    def token_accounts(self, holder: Pubkey, *, mint: Pubkey | None, program: Pubkey | None) -> list[Pubkey]:
        rows = self._db.execute(
            "SELECT address FROM accounts WHERE holder = ? AND mint = coalesce(?, mint)"
            " AND program = coalesce(?, program) ORDER BY address",
            (bytes(holder), mint and bytes(mint), program and bytes(program)),
        )
        return [Pubkey(address) for (address,) in rows]

    def before(self, address: Pubkey, cut: Cut) -> tuple[Account | None] | None:
        """The account before the first transaction that the reader does not see; None if there is none."""
        row = self._db.execute(
            "SELECT before FROM writes JOIN transactions USING (number) WHERE address = ?"
            " AND (slot > ? OR reach < ?) ORDER BY number LIMIT 1",
            (bytes(address), cut.slot, cut.level),
        ).fetchone()
        return row and (_account(row[0]),)

    def forget_before(self, slot: int) -> None:
        """Blocks as old as this are not undone."""
        self._db.execute(
            "DELETE FROM writes WHERE number < coalesce((SELECT min(number) FROM transactions"
            " WHERE slot >= ? OR reach < ?), (SELECT max(number) FROM transactions))",
            (slot, Level.FINALIZED),
        )

    # Transactions

    def add(  # noqa: PLR0913 - it has these parts
        self,
        wire: VersionedTransaction,
        *,
        slot: int,
        time: int,
        reach: Level,
        meta: dict[str, Any],
        memo: str | None,
        mentions: list[Pubkey],
        number: int | None = None,
    ) -> int:
        signature = str(wire.signatures[0])
        cursor = self._db.execute(
            "INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (number, signature, bytes(wire), slot, time, reach, json.dumps(meta), memo),
        )
        added = cursor.lastrowid or 0
        self._db.executemany(
            "INSERT OR IGNORE INTO mentions VALUES (?, ?)", [(bytes(key), added) for key in mentions]
        )
        return added

    def add_write(self, number: int, address: Pubkey, before: Account | None) -> None:
        self._db.execute(
            "INSERT INTO writes VALUES (?, ?, ?)", (bytes(address), number, before and bytes(before))
        )

    def writes(self, number: int) -> list[tuple[Pubkey, Account | None]]:
        rows = self._db.execute("SELECT address, before FROM writes WHERE number = ?", (number,))
        return [(Pubkey(address), _account(before)) for address, before in rows]

    def remove(self, number: int) -> None:
        for table in ("writes", "mentions", "transactions"):
            self._db.execute(f"DELETE FROM {table} WHERE number = ?", (number,))  # noqa: S608

    def transaction(self, signature: str) -> Landed | None:
        row = self._db.execute("SELECT * FROM transactions WHERE signature = ?", (signature,)).fetchone()
        return row and _landed(row)

    def since(self, number: int) -> list[Landed]:
        rows = self._db.execute("SELECT * FROM transactions WHERE number >= ? ORDER BY number", (number,))
        return [_landed(row) for row in rows]

    def mentioning(
        self, address: Pubkey, cut: Cut, *, newer: int, older: int | None, limit: int
    ) -> list[Landed]:
        """The newest first, between these two numbers."""
        rows = self._db.execute(
            "SELECT t.* FROM mentions m JOIN transactions t USING (number) WHERE m.address = ?"
            " AND slot <= ? AND reach >= ? AND number > ? AND (? IS NULL OR number < ?)"
            " ORDER BY number DESC LIMIT ?",
            (bytes(address), cut.slot, cut.level, newer, older, older, limit),
        )
        return [_landed(row) for row in rows]

    def release(self, signature: str | None) -> None:
        """Let what was held below `finalized` go on; one transaction or all."""
        self._db.execute(
            "UPDATE transactions SET reach = ? WHERE signature = coalesce(?, signature)",
            (Level.FINALIZED, signature),
        )

    # Transactions that land later

    def wait(self, wire: VersionedTransaction, slot: int, reach: Level) -> None:
        self._db.execute(
            "INSERT OR IGNORE INTO waiting VALUES (?, ?, ?, ?)",
            (str(wire.signatures[0]), bytes(wire), slot, reach),
        )

    def due(self, slot: int) -> list[tuple[VersionedTransaction, int, Level]]:
        rows = self._db.execute(
            "SELECT wire, slot, reach FROM waiting WHERE slot <= ? ORDER BY slot, signature", (slot,)
        )
        return [(VersionedTransaction.from_bytes(wire), at, Level(reach)) for wire, at, reach in rows]

    def stop_waiting(self, wire: VersionedTransaction) -> None:
        self._db.execute("DELETE FROM waiting WHERE signature = ?", (str(wire.signatures[0]),))

    # The play wallet

    def key(self, name: str) -> Keypair | None:
        row = self._db.execute("SELECT secret FROM wallets WHERE name = ?", (name,)).fetchone()
        return row and Keypair.from_bytes(row[0])

    def add_key(self, name: str, key: Keypair) -> None:
        self._db.execute("INSERT INTO wallets VALUES (?, ?)", (name, bytes(key)))

    def approved(self, token: str) -> str | None:
        row = self._db.execute("SELECT signature FROM approved WHERE token = ?", (token,)).fetchone()
        return str(row[0]) if row else None

    def approve(self, token: str, signature: str) -> None:
        self._db.execute("INSERT INTO approved VALUES (?, ?)", (token, signature))


def _account(raw: bytes | None) -> Account | None:
    return None if raw is None else Account.from_bytes(raw)


def _landed(row: tuple[Any, ...]) -> Landed:
    number, signature, wire, slot, time, reach, meta, memo = row
    return Landed(number, signature, wire, slot, time, Level(reach), json.loads(meta), memo)
