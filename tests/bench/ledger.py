"""P5: what posting costs. Both sides are driven by pgbench, on the same server, in the same rounds.

An entry moves money from one person's account to another's, with a reference that is indexed. It goes to the
database as the house sends it, one statement a transaction. Against `pgbench -N`, which changes one row and
adds one, in five statements. What is covered can be refused and so costs more; it is told beside it.
"""

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit

from sqlalchemy import text

from app.extensions import db
from tests.bench.harness import Bench, Samples, interleaved, measure

# As many as pgbench has rows at scale 1; numbers of the same length fit into an id.
ACCOUNTS = 100_000
FIRST, LAST = ACCOUNTS, 2 * ACCOUNTS - 1
PARTS = 8
CLIENTS = 8
SECONDS = 3
BATCH = 50
NOBODY = "0" * 32

PEOPLE = text("""
    with made as (
      insert into ledger_accounts (owner_id, kind, currency, shard, sign)
      select lpad(n::text, 32, '0')::uuid, kind, 'USD', 0, -1
      from generate_series(:first, :last) n, unnest(array['fan_credit', 'creator_pending']) kind
      union all
      select '00000000-0000-0000-0000-000000000000', 'platform_fee', 'USD', shard, -1
      from generate_series(0, :parts - 1) shard
      returning id, kind
    ),
    opened as (
      insert into ledger_balances (account_id, updated_at) select id, clock_timestamp() from made
    )
    select
""")
# Enough credit on each account, past the books: only its use is measured.
CREDIT = text("update ledger_balances set posted = -1000000000")


@dataclass(frozen=True)
class Move:
    """One account of a call: whose, and one leg for each of these entries."""

    kind: str
    owner: str
    legs: Sequence[tuple[int, int, int]]
    shard: str = "0"
    covered: bool = False


def script(moves: Sequence[Move], entries: int = 1, people: int = 2, call: str = "ledger_post") -> str:
    """pgbench's variables stand in the literals; `i` counts the client's transactions: ids are in order."""
    lines = [f"\\set p{number} random({FIRST}, {LAST})" for number in range(people)]
    lines += [f"\\set part random(0, {PARTS - 1})", "\\set i :i + 1", "\\set c 1000 + :client_id"]
    ids = [f":i-:c-7:run-8{at:03}-000000000000" for at in range(entries)]
    legs = [leg for move in moves for leg in move.legs]
    about = ", ".join(f"""'{{"refs": {{"invoice": "{one}"}}}}'""" for one in ids)
    columns = [
        literal(ids),
        literal(ids),
        literal(["tip"] * entries),
        literal([2] * entries),
        f"array[{about}]::jsonb[]",
        literal([move.owner for move in moves]),
        literal([move.kind for move in moves]),
        literal(["USD"] * len(moves)),
        literal([move.shard for move in moves]),
        literal([-1] * len(moves)),
        literal(["t" if move.covered else "f" for move in moves]),
        literal([len(move.legs) for move in moves]),
        *(literal([leg[part] for leg in legs]) for part in range(3)),
    ]
    lines.append(f"select {call}(clock_timestamp(), {', '.join(columns)});")
    return "\n".join(lines)


def literal(values: Sequence[object]) -> str:
    return "'{" + ",".join(str(value) for value in values) + "}'"


def person(number: int) -> str:
    return f"00000000-0000-0000-0000-000000:p{number}"


def fan(number: int, legs: Sequence[tuple[int, int, int]], *, covered: bool = False) -> Move:
    return Move("fan_credit", person(number), legs, covered=covered)


TIP = script([fan(0, [(1, 1, 100)]), Move("creator_pending", person(1), [(1, 2, -100)])])
COVERED = script(
    [fan(0, [(1, 1, 100)], covered=True), Move("creator_pending", person(1), [(1, 2, -100)])],
    call="ledger_attempt",
)
HOT = script([Move("platform_fee", NOBODY, [(1, 2, -100)]), fan(0, [(1, 1, 100)])])
SPLIT = script([Move("platform_fee", NOBODY, [(1, 2, -100)], shard=":part"), fan(0, [(1, 1, 100)])])
# Fifty fans tip one of fifty creators each; as the house sends them, sorted by account.
MANY = script(
    [
        *(fan(at, [(at + 1, 1, 100)]) for at in range(BATCH)),
        *(Move("creator_pending", person(BATCH + at), [(at + 1, 2, -100)]) for at in range(BATCH)),
    ],
    entries=BATCH,
    people=2 * BATCH,
    call="ledger_attempt",
)


@dataclass
class Pgbench:
    bench: Bench
    _runs: "count[int]" = field(default_factory=lambda: count(100))

    def prepare(self) -> None:
        with self.bench.house.app_context(), db.engine.begin() as connection:
            connection.execute(PEOPLE, {"first": FIRST, "last": LAST, "parts": PARTS})
            connection.execute(CREDIT)
        self._run("-i", "-q", "-s", "1")
        # So that the tables of the ledger are not empty when statements are planned for the first time.
        self.posts("warm", TIP)
        with self.bench.house.app_context(), db.engine.connect() as connection:
            raw = connection.execution_options(isolation_level="AUTOCOMMIT")
            raw.execute(text("vacuum analyze"))

    def updates(self) -> float:
        return self._rate("-N")

    def posts(self, name: str, words: str, clients: int = CLIENTS) -> float:
        path = self.bench.folder / f"{name}.sql"
        path.write_text(words)
        run = f"run={next(self._runs)}"
        return self._rate("-f", str(path), "-D", "i=10000000", "-D", run, clients=clients)

    def _rate(self, *options: str, clients: int = CLIENTS) -> float:
        told = self._run("-n", "-c", str(clients), "-j", "1", "-T", str(SECONDS), *options)
        found = re.search(r"tps = ([\d.]+)", told)
        assert found is not None, told
        return float(found[1])

    def _run(self, *options: str) -> str:
        where = urlsplit(self.bench.servers.database_url)
        program = str(self.bench.servers.postgres.place.postgres_bin / "pgbench")
        place = ["-h", str(where.hostname), "-p", str(where.port), "-U", str(where.username)]
        done = subprocess.run(
            [program, *place, *options, where.path.lstrip("/")],
            env=os.environ | {"PGPASSWORD": str(where.password)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


_ready: dict[int, Pgbench] = {}


def pgbench(bench: Bench) -> Pgbench:
    if id(bench) not in _ready:
        _ready[id(bench)] = Pgbench(bench)
        _ready[id(bench)].prepare()
    return _ready[id(bench)]


@measure("P5", "ledger_post", goal=">= 1.0")
def ledger_post(bench: Bench) -> Samples:
    at = pgbench(bench)
    return interleaved(at.updates, lambda: at.posts("tip", TIP))


@measure("P5", "ledger_post_covered", goal="told, not set")
def ledger_post_covered(bench: Bench) -> Samples:
    at = pgbench(bench)
    return interleaved(at.updates, lambda: at.posts("covered", COVERED))


@measure("P5", "ledger_hot_account", goal=">= 0.3")
def ledger_hot_account(bench: Bench) -> Samples:
    at = pgbench(bench)
    return interleaved(lambda: at.posts("tip", TIP), lambda: at.posts("hot", HOT))


@measure("P5", "ledger_split_account", goal=">= 0.8")
def ledger_split_account(bench: Bench) -> Samples:
    at = pgbench(bench)
    return interleaved(lambda: at.posts("tip", TIP), lambda: at.posts("split", SPLIT))


@measure("P5", "ledger_batches_of_50", goal=">= 1.5")
def ledger_batches(bench: Bench) -> Samples:
    """Entries a second, from one client: two that lock a hundred random accounts each, past the order of the
    house, would lock each other out.
    """
    at = pgbench(bench)
    return interleaved(
        lambda: at.posts("tip", TIP, clients=1), lambda: BATCH * at.posts("many", MANY, clients=1)
    )
