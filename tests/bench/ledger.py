"""P5: what posting costs. Both sides are driven by pgbench, on the same server, in the same rounds.

An entry moves credit of a fan to a creator, with the fan's account covered and a reference that is indexed; it goes
to the database as the house sends it, one statement a transaction. Against `pgbench -N`, which changes one row and
adds one, in five statements.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import text

from app.extensions import db
from tests.bench.harness import Bench, Samples, interleaved, measure

# As many as pgbench has rows at scale 1.
ACCOUNTS = 100_000
PARTS = 8
CLIENTS = 8
SECONDS = 3
ROUNDS = 7
BATCH = 50

# People's accounts, with enough on them; and the hot one, whole and in parts.
PEOPLE = text("""
    with made as (
      insert into ledger_accounts (owner_id, kind, currency, shard, sign)
      select lpad(n::text, 32, '0')::uuid, kind, 'USD', 0, -1
      from generate_series(1, :accounts) n, unnest(array['fan_credit', 'creator_pending']) kind
      union all
      select '00000000-0000-0000-0000-000000000000', kind, 'USD', shard, -1
      from generate_series(0, :parts - 1) shard, unnest(array['platform_fee']) kind
      returning id
    )
    insert into ledger_balances (account_id, posted, updated_at)
    select id, -1000000000, clock_timestamp() from made
""")


def account(kind: str, owner: str, *amounts: int, shard: str = "0", covered: bool = False, n: int = 1) -> str:
    """In JSON, with pgbench's variables where they vary; a leg for each amount, of an entry of its own."""
    fixed = {"kind": kind, "currency": "USD", "sign": -1, "amount": sum(amounts), "covered": covered}
    legs = ", ".join(
        f'{{"entry": {made(at)}, "n": {n}, "size": 2, "amount": {amount}}}'
        for at, amount in enumerate(amounts)
    )
    return json.dumps(fixed)[:-1] + f', "owner": {owner}, "shard": {shard}, "legs": [{legs}]}}'


def said(variable: str) -> str:
    return f"\"' || {variable} || '\""


def made(at: int) -> str:
    """The id of an entry: the server makes it, since pgbench cannot."""
    return said(f"ids[{at + 1}]")


def person(variable: str) -> str:
    return said(f"lpad(:{variable}::text, 32, '0')")


def entry(at: int) -> str:
    about = f'"id": {made(at)}, "cause": {made(at)}, "kind": "tip", "size": 2'
    return f'{{{about}, "refs": {{"invoice": {made(at)}}}}}'


def script(accounts: Sequence[str], entries: int = 1, people: int = 2) -> str:
    chosen = [f"\\set p{number} random(1, {ACCOUNTS})" for number in range(people)]
    chosen.append(f"\\set part random(0, {PARTS - 1})")
    booked = ", ".join(entry(at) for at in range(entries))
    call = (
        f"select ledger_post(clock_timestamp(), ('[{booked}]')::jsonb, ('[{', '.join(accounts)}]')::jsonb)"
        f" from (select array_agg(uuidv7()) as ids from generate_series(1, {entries})) as made;"
    )
    return "\n".join([*chosen, call])


def tip() -> str:
    return script(
        [
            account("fan_credit", person("p0"), 100, covered=True),
            account("creator_pending", person("p1"), -100, n=2),
        ]
    )


def fee(shard: str) -> str:
    return script(
        [
            account("platform_fee", '"00000000-0000-0000-0000-000000000000"', -100, shard=shard, n=2),
            account("fan_credit", person("p0"), 100, covered=True),
        ]
    )


class Pgbench:
    def __init__(self, bench: Bench) -> None:
        self._folder = bench.folder
        server = bench.servers.postgres
        self._program = server.place.postgres_bin / "pgbench"
        where = urlsplit(bench.servers.database_url)
        self._where = ["-h", str(where.hostname), "-p", str(where.port), "-U", str(where.username)]
        self._name = where.path.lstrip("/")
        self._environment = os.environ | {"PGPASSWORD": str(where.password)}

    def prepare(self) -> None:
        self._run("-i", "-q", "-s", "1")

    def simple_update(self) -> float:
        return self._rate("-N", "-n")

    def rate(self, name: str, words: str) -> float:
        path = self._folder / f"{name}.sql"
        path.write_text(words)
        return self._rate("-n", "-f", str(path))

    def _rate(self, *options: str) -> float:
        told = self._run("-c", str(CLIENTS), "-j", "1", "-T", str(SECONDS), *options)
        found = re.search(r"tps = ([\d.]+)", told)
        assert found is not None, told
        return float(found[1])

    def _run(self, *options: str) -> str:
        command = [str(self._program), *self._where, *options, self._name]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout
