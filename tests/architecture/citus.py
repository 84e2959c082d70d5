"""Citus' rules for the tables of a database, as its documentation states them and its source refuses.

https://docs.citusdata.com/en/stable/develop/reference_ddl.html (keys), reference_workarounds.html (limits);
what is refused and not documented is in src/backend/distributed/commands of citusdata/citus 14: triggers,
inheritance, what a foreign key may do to the column by which a table is spread.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from workers.deploy.distribution import Places

COLUMNS = text("""
    select a.attname as name, a.attnotnull as filled, format_type(a.atttypid, null) as type,
        a.attgenerated <> '' as generated,
        a.attidentity <> '' or coalesce(pg_get_expr(d.adbin, d.adrelid), '') like 'nextval(%' as counts
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = cast(:table as regclass) and a.attnum > 0 and not a.attisdropped order by a.attnum
""")
# A column of an expression, or one that an exclusion compares otherwise than by "=", holds nothing together.
UNIQUE = text("""
    select i.indisprimary as is_primary, i.indisexclusion as excludes, array(
        select a.attname from unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality k (number, n)
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
        where not i.indisexclusion
            or (select o.oprname from pg_operator o where o.oid = c.conexclop[k.n]) = '=' order by k.n
    ) as columns
    from pg_index i left join pg_constraint c on c.conindid = i.indexrelid and c.contype = 'x'
    where i.indrelid = cast(:table as regclass) and (i.indisunique or i.indisexclusion)
    order by not i.indisprimary, i.indexrelid
""")
KEYS = text("""
    select c.confrelid::regclass::text as to, c.confdeltype as on_delete, c.confupdtype as on_update,
        array(select a.attname from unnest(c.conkey) with ordinality k (number, n)
            join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.number order by k.n) as columns,
        array(select a.attname from unnest(c.confkey) with ordinality k (number, n)
            join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.number order by k.n) as theirs
    from pg_constraint c
    where c.conrelid = cast(:table as regclass) and c.contype = 'f' and c.conparentid = 0 order by c.conname
""")
TRIGGERS = text("""
    select tgname from pg_trigger
    where tgrelid = cast(:table as regclass) and not tgisinternal and tgparentid = 0 order by tgname
""")
SHAPE = text("""
    select c.relkind in ('r', 'p') as is_table,
        exists (select from pg_rewrite r where r.ev_class = c.oid) as has_rules,
        exists (
            select from pg_inherits h join pg_class part on part.oid = h.inhrelid
            where h.inhrelid = c.oid or h.inhparent = c.oid and (c.relkind, part.relkind) <> ('p', 'r')
        ) as inherits
    from pg_class c where c.oid = cast(:table as regclass)
""")
FUNCTIONS = text("""
    select proname from pg_proc
    where pronamespace = 'public'::regnamespace and prosrc ~ ('\\m' || :table || '\\M') order by proname
""")
# In pg_constraint's letters.
NO_ACTION, RESTRICT, SET = "a", "r", ("n", "d")


def breaches(connection: Connection, places: Places) -> list[str]:
    """What Citus would refuse, a line each."""
    found = [line for table in places.keys for line in _of_distributed(connection, table, places)]
    for table in [*places.keys, *places.reference]:
        found += _of_both(connection, table)
    for table in [*places.keys, *places.reference, *places.local]:
        found += _of_references(connection, table, places)
    return found


def _of_distributed(connection: Connection, table: str, places: Places) -> Iterator[str]:
    key = places.keys[table]
    column = next((one for one in _ask(connection, COLUMNS, table) if one.name == key), None)
    if column is None:
        yield f"{table}: no {key}"
        return
    if not column.filled:
        yield f"{table}: {key} may be empty"
    if column.generated:
        yield f"{table}: {key} is generated"
    first = places.with_[table]
    other = next((one for one in _ask(connection, COLUMNS, first) if one.name == places.keys[first]), None)
    if other is None or other.type != column.type:
        yield f"{table}: {key} is not of the type of {first}"
    for index in _ask(connection, UNIQUE, table):
        if key not in index.columns:
            kind = "primary key" if index.is_primary else "exclusion" if index.excludes else "unique"
            yield f"{table}: {kind} ({', '.join(index.columns)}) without {key}"


def _of_both(connection: Connection, table: str) -> Iterator[str]:
    """What may stand at no table but those of the coordinator."""
    for trigger in _ask(connection, TRIGGERS, table):
        yield f"{table}: trigger {trigger.tgname}"
    for column in _ask(connection, COLUMNS, table):
        if column.counts and column.type != "bigint":
            yield f"{table}: {column.name} counts in less than bigint"
    (shape,) = _ask(connection, SHAPE, table)
    if not shape.is_table or shape.inherits:
        yield f"{table}: neither whole nor of plain parts"
    if shape.has_rules:
        yield f"{table}: rules"
    for function in _ask(connection, FUNCTIONS, table):
        yield f"{table}: named by the function {function.proname}"


def _of_references(connection: Connection, table: str, places: Places) -> Iterator[str]:
    for key in _ask(connection, KEYS, table):
        if table in places.keys:
            yield from _from_distributed(table, key, places)
        elif key.to in places.keys:
            yield f"{table}: refers to {key.to}, which is distributed"
        elif table in places.reference and key.to in places.local and _acts(key):
            yield f"{table}: follows {key.to}, which is local"


def _acts(key: Any) -> bool:
    return bool({key.on_delete, key.on_update} - {NO_ACTION, RESTRICT})


def _from_distributed(table: str, key: Any, places: Places) -> Iterator[str]:
    mine = places.keys[table]
    holds = mine in key.columns
    if key.to in places.local:
        yield f"{table}: refers to {key.to}, which is local"
    elif key.to in places.keys:
        theirs = places.keys[key.to]
        if places.with_[table] != places.with_[key.to]:
            yield f"{table}: refers to {key.to}, which lies elsewhere"
        elif not holds or theirs not in key.theirs or key.columns.index(mine) != key.theirs.index(theirs):
            yield f"{table}: refers to {key.to} without {mine}"
    if holds and (key.on_delete in SET or key.on_update not in {NO_ACTION, RESTRICT}):
        yield f"{table}: {mine} would change with {key.to}"


def _ask(connection: Connection, question: Any, table: str) -> list[Any]:
    return list(connection.execute(question, {"table": table}))
