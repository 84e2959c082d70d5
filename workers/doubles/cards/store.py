"""What the processor remembers: one SQLite file, one transaction a request."""

import json
import secrets
import sqlite3
import string
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.kit import clock
from workers.doubles.cards.errors import Body, no_such

# The processor's version that the pinned client speaks; events say it too.
API_VERSION = "2026-10-28.endive"

LETTERS = string.ascii_letters + string.digits
PREFIXES = {
    "account": "acct",
    "balance_transaction": "txn",
    "charge": "ch",
    "checkout.session": "cs_test",
    "customer": "cus",
    "dispute": "dp",
    "event": "evt",
    "payment_intent": "pi",
    "payment_method": "pm",
    "payout": "po",
    "refund": "re",
    "setup_intent": "seti",
    "tax.calculation": "taxcalc",
    "tax.transaction": "tax",
    "transfer": "tr",
    "transfer_reversal": "trr",
}
# These do not say whether they are real.
WITHOUT_MODE = {"account", "balance_transaction", "refund", "transfer_reversal"}
# Longer than the others, because it is all that opens its page.
SESSION_LENGTH = 58

SCHEMA = """
pragma journal_mode = wal;
pragma synchronous = full;
create table if not exists objects (
    seq integer primary key autoincrement,
    id text not null unique,
    kind text not null,
    account text not null,
    body text not null
);
create index if not exists objects_kind on objects (kind, account, seq);
create index if not exists objects_customer on objects (json_extract(body, '$.customer'));
create index if not exists objects_charge on objects (json_extract(body, '$.charge'));
create index if not exists objects_intent on objects (json_extract(body, '$.payment_intent'));
create index if not exists objects_pending on objects (json_extract(body, '$.available_on'))
    where kind = 'balance_transaction' and json_extract(body, '$.status') = 'pending';
create table if not exists answers (
    account text not null,
    key text not null,
    fingerprint text not null,
    status integer not null,
    body text not null,
    request text not null,
    created integer not null,
    primary key (account, key)
);
create index if not exists answers_created on answers (created);
create table if not exists tasks (
    id integer primary key autoincrement,
    due integer not null,
    name text not null,
    subject text not null
);
create table if not exists deliveries (
    id integer primary key autoincrement,
    event text not null,
    due real not null,
    place real not null,
    tamper integer not null default 0,
    attempts integer not null default 0
);
create table if not exists faults (
    id integer primary key autoincrement,
    verb text not null,
    kind text not null,
    seconds real not null,
    times integer not null
);
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """Where browsers find the pages, and how many seconds money takes until it is available."""

    page_base: str
    settles_after: int = 0


class Store:
    """The file, and one connection that its users take turns with."""

    def __init__(self, folder: Path, terms: Terms) -> None:
        self._terms = terms
        folder.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(
            folder / "cards.sqlite", isolation_level=None, check_same_thread=False
        )
        self._connection.executescript(SCHEMA)
        self._turn = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        with self._turn:
            self._connection.execute("begin immediate")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    @contextmanager
    def books(self, account: str = "", request: str = "", key: str = "") -> Iterator["Books"]:
        with self.transaction() as sql:
            yield Books(sql, self._terms, account, request, key)


class Books:
    """All objects of one account, within one transaction. The platform's own account has no name."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        terms: Terms,
        account: str = "",
        request: str = "",
        key: str = "",
    ) -> None:
        self.sql = connection
        self.terms = terms
        self.account = account
        self.now = int(clock.now().timestamp())
        self.request = request
        self.key = key

    def of(self, account: str) -> "Books":
        """The books of another account, in the same transaction."""
        other = Books(self.sql, self.terms, account, self.request, self.key)
        other.now = self.now
        return other

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """What happens inside is undone when it fails; the transaction goes on."""
        self.sql.execute("savepoint attempt")
        try:
            yield
        except BaseException:
            self.sql.execute("rollback to attempt")
            raise
        finally:
            self.sql.execute("release attempt")

    def add(self, kind: str, body: Body, *, key: str = "", created: bool = True) -> Body:
        """Keep a new object; it gets an id, its kind, and the time where it has one."""
        made: Body = {"id": key or new_id(kind), "object": kind}
        if created:
            made["created"] = self.now
        if kind not in WITHOUT_MODE:
            made["livemode"] = False
        made |= body
        self.sql.execute(
            "insert into objects (id, kind, account, body) values (?, ?, ?, ?)",
            (made["id"], kind, self.account, json.dumps(made)),
        )
        return made

    def save(self, body: Body) -> None:
        self.sql.execute("update objects set body = ? where id = ?", (json.dumps(body), body["id"]))

    def remove(self, body: Body) -> None:
        self.sql.execute("delete from objects where id = ?", (body["id"],))

    def peek(self, key: str) -> Body | None:
        """Any object of any kind."""
        row = self.sql.execute("select body from objects where id = ?", (key,)).fetchone()
        return dict(json.loads(row[0])) if row else None

    def owned(self, key: str) -> tuple["Books", Body | None]:
        """Any object, with the books of the account that it belongs to."""
        row = self.sql.execute("select account, body from objects where id = ?", (key,)).fetchone()
        return (self.of(row[0]), json.loads(row[1])) if row else (self, None)

    def get(self, kind: str, key: str, *, param: str = "") -> Body:
        """This account's object; `param` names the parameter that named it."""
        row = self.sql.execute(
            "select body from objects where id = ? and kind = ? and account = ?", (key, kind, self.account)
        ).fetchone()
        if row is None:
            raise no_such(kind, key, param=param or "id", status=400 if param else 404)
        return dict(json.loads(row[0]))

    def find(self, kind: str, **equals: object) -> list[Body]:
        """This account's objects with these values, newest first."""
        return [body for _, body in self.rows(kind, equals)]

    def rows(
        self, kind: str, equals: dict[str, object], extra: str = "", values: tuple[object, ...] = ()
    ) -> list[tuple[int, Body]]:
        wanted = {name: value for name, value in equals.items() if value is not None}
        # Names are ours; written out, so that the indexes are found.
        where = "".join(f" and json_extract(body, '$.{name}') = ?" for name in wanted)
        found = self.sql.execute(
            f"select seq, body from objects where kind = ? and account = ?{where} {extra}"  # noqa: S608 - values are bound
            + (" order by seq desc" if "order by" not in extra else ""),
            (kind, self.account, *wanted.values(), *values),
        )
        return [(seq, json.loads(body)) for seq, body in found]

    def later(self, seconds: int, name: str, subject: str) -> None:
        """Have `due` do it when the clock says so."""
        self.sql.execute(
            "insert into tasks (due, name, subject) values (?, ?, ?)", (self.now + seconds, name, subject)
        )


def new_id(kind: str) -> str:
    length = SESSION_LENGTH if kind == "checkout.session" else 24
    return f"{PREFIXES[kind]}_{random_text(length)}"


def random_text(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def shown(value: Body) -> Body:
    """Without what is not for others: names that begin with an underscore."""
    return {
        name: shown(inner)
        if isinstance(inner, dict)
        else [shown(each) if isinstance(each, dict) else each for each in inner]
        if isinstance(inner, list)
        else inner
        for name, inner in value.items()
        if not name.startswith("_")
    }
