"""The audit log's chain: each record's seal covers all before it, so that nothing changes unseen.

Writers add plain rows and never wait. One sealer gives them their places, by a key that the database
does not hold. The end of the chain is signed daily, into the database and into the log: who cuts
the chain's tail off would have to cut it out of both.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, text

from app.extensions import db
from app.kit.canonical import canonical
from app.platform import schedule
from app.platform.models import AuditSeal, AuditUnsealed
from app.platform.secret_keys import key_for

PURPOSE = "audit"
BATCH = 1_000
START = b""

ALONE = text("select pg_try_advisory_xact_lock(hashtextextended('audit chain', 0))")
LAST = text("select number, chain from audit_seals order by number desc limit 1")
WAITING = text("""
    select a.id, a.at, a.action, a.actor_id, a.subject_kind, a.subject_id, a.data, a.personal_digest,
           a.correlation_id
    from audit_unsealed u join audit_log a on a.id = u.audit_id
    order by u.number limit :batch
""")


@schedule.every(1, "audit.seal")
def seal() -> int:
    """How many records got their place. Nothing when another sealer is at it."""
    sealed = 0
    while (count := _seal_batch()) > 0:
        sealed += count
        if count < BATCH:
            break
    return sealed


def link(key: bytes, previous: bytes, number: int, record: Row[Any]) -> bytes:
    """What ties a record to all before it. Personal parts are covered by their digest only."""
    digest = record.personal_digest
    content = {
        "number": number,
        "id": str(record.id),
        "at": record.at.isoformat(),
        "action": record.action,
        "actor": str(record.actor_id) if record.actor_id else None,
        "subject": [record.subject_kind, record.subject_id],
        "data": record.data,
        "personal": bytes(digest).hex() if digest is not None else None,
        "correlation_id": record.correlation_id,
    }
    return hmac.new(key, previous + canonical(content), hashlib.sha256).digest()


def last(connection: Connection) -> tuple[int, bytes]:
    row = connection.execute(LAST).first()
    return (row.number, bytes(row.chain)) if row else (0, START)


def _seal_batch() -> int:
    with db.engine.begin() as connection:
        if not connection.execute(ALONE).scalar():
            return 0
        records = connection.execute(WAITING, {"batch": BATCH}).all()
        if records:
            connection.execute(insert(AuditSeal), _seals(connection, records))
            done = [record.id for record in records]
            connection.execute(delete(AuditUnsealed).where(AuditUnsealed.audit_id.in_(done)))
    return len(records)


def _seals(connection: Connection, records: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    key = key_for(PURPOSE)
    number, chain = last(connection)
    seals = []
    for record in records:
        number += 1
        chain = link(key, chain, number, record)
        seals.append({"number": number, "audit_id": record.id, "chain": chain})
    return seals
