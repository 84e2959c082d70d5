"""Is the audit log what it was? Names the first row that is not."""

import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from app.extensions import db
from app.platform.audit import personal_digest
from app.platform.audit_chain import PURPOSE, START, link
from app.platform.audit_heads import Head, signed_heads
from app.platform.secret_keys import keys_for

READ_AHEAD = 2_000

SEALED = text("""
    select s.number, s.audit_id, s.chain, a.id, a.at, a.action, a.actor_id, a.subject_kind, a.subject_id,
           a.data, a.personal, a.salt, a.personal_digest, a.correlation_id
    from audit_seals s left join audit_log a on a.id = s.audit_id
    order by s.number
""")
WITHOUT_SEAL = text("""
    select a.id from audit_log a
    where not exists (select from audit_seals s where s.audit_id = a.id)
      and not exists (select from audit_unsealed u where u.audit_id = a.id)
    order by a.at, a.id limit 1
""")
LOST_BEFORE_SEALED = text("""
    select u.audit_id from audit_unsealed u
    where not exists (select from audit_log a where a.id = u.audit_id) order by u.audit_id limit 1
""")


@dataclass(frozen=True, slots=True)
class Broken:
    """`number` is the place in the chain; None for a record that has none."""

    number: int | None
    audit_id: UUID | None
    what: str

    def __str__(self) -> str:
        place = f"place {self.number}" if self.number else "no place"
        return f"{place}, record {self.audit_id or 'unknown'}: {self.what}"


def verify(kept_heads: Sequence[Head] = ()) -> Broken | None:
    """Streams through the chain. `kept_heads` are signed heads that were kept outside the database."""
    heads = [*signed_heads(), *kept_heads]
    with db.engine.connect() as connection, connection.begin():
        connection.execute(text("set transaction isolation level repeatable read, read only"))
        streaming = connection.execution_options(stream_results=True, max_row_buffer=READ_AHEAD)
        return _first_broken_link(streaming.execute(SEALED), heads) or _outside_the_chain(connection)


def _first_broken_link(rows: Iterable[Row[Any]], heads: Sequence[Head]) -> Broken | None:
    if forged := next((head for head in heads if not head.genuine), None):
        return Broken(forged.number, None, f"the signed head of {forged.day} was changed")
    signed = {head.number: head for head in heads}
    number = 0
    for number, row, wrong in _links(rows):
        what = wrong or _wrong_head(signed.get(number), bytes(row.chain))
        if what:
            return Broken(number, row.audit_id if row.number == number else None, what)
    if ahead := next((head for head in heads if head.number > number), None):
        return Broken(number + 1, None, f"cut off: the signed head of {ahead.day} ends at {ahead.number}")
    return None


def _wrong_head(head: Head | None, chain: bytes) -> str | None:
    if head is None or head.chain == chain:
        return None
    return f"the chain differs from the signed head of {head.day}"


def _links(rows: Iterable[Row[Any]]) -> Iterator[tuple[int, Row[Any], str | None]]:
    """Every place with what is wrong there; nothing after the first wrong one means anything."""
    keys, chain = keys_for(PURPOSE), START
    for number, row in enumerate(rows, start=1):
        yield number, row, _wrong(keys, chain, number, row)
        chain = bytes(row.chain)


def _wrong(keys: list[bytes], chain: bytes, number: int, row: Row[Any]) -> str | None:
    if row.number != number:
        return "the seal is gone"
    if row.id is None:
        return "the record is gone"
    if not _sealed_by_the_key_of_then(keys, chain, number, row):
        return "the record or its seal was changed"
    return _wrong_person(row)


def _sealed_by_the_key_of_then(keys: list[bytes], chain: bytes, number: int, row: Row[Any]) -> bool:
    """Takes away the keys from before: what was replaced, maybe since others know it, seals nothing later."""
    for at, key in enumerate(keys):
        if hmac.compare_digest(link(key, chain, number, row), bytes(row.chain)):
            del keys[:at]
            return True
    return False


def _wrong_person(row: Row[Any]) -> str | None:
    """Erased is fine. Present, personal parts must be those that were sealed."""
    if row.personal is None:
        return None
    sealed = bytes(row.personal_digest or b"")
    if row.salt is None or personal_digest(row.personal, bytes(row.salt)) != sealed:
        return "its personal part was changed"
    return None


def _outside_the_chain(connection: Connection) -> Broken | None:
    if (stranger := connection.execute(WITHOUT_SEAL).scalar()) is not None:
        return Broken(None, stranger, "the record has no seal and waits for none")
    if (lost := connection.execute(LOST_BEFORE_SEALED).scalar()) is not None:
        return Broken(None, lost, "the record went before it was sealed")
    return None
