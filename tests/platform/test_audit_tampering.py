"""F13: with the database's defences switched off, the verifier still names the first bad row."""

import logging
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Connection, select, text

from app.config import Settings
from app.extensions import db
from app.kit.clock import FixedClock
from app.kit.ids import new_id
from app.platform import audit_chain, audit_heads
from app.platform.audit_verify import verify
from app.platform.models import AuditUnsealed
from tests.platform.audited import LEO, broken, happen, record_at
from tests.platform.houses import a_house


@pytest.mark.parametrize(
    "edit",
    [
        'data = \'{"method": "wallet"}\'',
        "actor_id = gen_random_uuid()",
        "at = at - interval '1 microsecond'",
        "action = 'session.signed_out'",
        "subject_id = 's99'",
        "correlation_id = 'another'",
        "personal_digest = '\\x00'",
        "personal_digest = null, personal = null, salt = null",
    ],
)
def test_an_edited_row_is_named(ten: Flask, intruder: Connection, edit: str) -> None:
    statement = f"update audit_log set {edit} where id = :id"  # noqa: S608 - the list above
    intruder.execute(text(statement), {"id": (bad := record_at(4))})
    assert (broken().number, broken().audit_id) == (4, bad)


def test_the_first_of_several_edited_rows_is_named(ten: Flask, intruder: Connection) -> None:
    for number in (9, 3, 6):
        intruder.execute(text("update audit_log set data = '{}' where id = :id"), {"id": record_at(number)})
    assert broken().number == 3


def test_a_deleted_row_is_named(ten: Flask, intruder: Connection) -> None:
    intruder.execute(text("delete from audit_log where id = :id"), {"id": (gone := record_at(7))})
    assert (broken().number, broken().audit_id, broken().what) == (7, gone, "the record is gone")


def test_a_row_deleted_with_its_seal_is_noticed_at_its_place(ten: Flask, intruder: Connection) -> None:
    intruder.execute(text("delete from audit_log where id = :id"), {"id": record_at(7)})
    intruder.execute(text("delete from audit_seals where number = 7"))
    assert (broken().number, broken().what) == (7, "the seal is gone")
    intruder.execute(text("update audit_seals set number = -number where number > 7"))
    intruder.execute(text("update audit_seals set number = -number - 1 where number < 0"))
    assert broken().number == 7, "closing the gap does not help"


def test_two_swapped_rows_are_noticed_at_the_first(ten: Flask, intruder: Connection) -> None:
    first, second, spare = record_at(2), record_at(5), new_id()
    for old, new in ((first, spare), (second, first), (spare, second)):
        intruder.execute(text("update audit_log set id = :new where id = :old"), {"old": old, "new": new})
    assert (broken().number, broken().audit_id) == (2, first)


def test_two_swapped_seals_are_noticed_at_the_first(ten: Flask, intruder: Connection) -> None:
    for old, new in ((2, 99), (5, 2), (99, 5)):
        intruder.execute(
            text("update audit_seals set number = :new where number = :old"), {"old": old, "new": new}
        )
    assert broken().number == 2


def test_an_edited_seal_is_named(ten: Flask, intruder: Connection) -> None:
    intruder.execute(text("update audit_seals set chain = '\\xabcd' where number = 6"))
    assert (broken().number, broken().audit_id) == (6, record_at(6))


def test_a_chain_remade_without_the_key_is_noticed_at_once(ten: Flask, intruder: Connection) -> None:
    intruder.execute(text("update audit_seals set chain = sha256(chain)"))
    assert broken().number == 1


def test_changed_personal_parts_are_named(ten: Flask, intruder: Connection) -> None:
    intruder.execute(
        text('update audit_log set personal = \'{"address": "x"}\' where id = :id'), {"id": record_at(8)}
    )
    assert (broken().number, broken().what) == (8, "its personal part was changed")


def test_a_record_slipped_in_beside_the_chain_is_named(ten: Flask, intruder: Connection) -> None:
    stranger = new_id()
    intruder.execute(
        text("""
            insert into audit_log (id, at, action, subject_kind, subject_id, data, correlation_id)
            values (:id, now(), 'account.joined', 'user', 'x', '{}', '')
        """),
        {"id": stranger},
    )
    assert (broken().number, broken().audit_id) == (None, stranger)


def test_a_record_deleted_before_it_was_sealed_is_named(ten: Flask, intruder: Connection) -> None:
    intruder.execute(text("alter table audit_log enable trigger waits_for_seal"))
    happen(1)
    gone = db.session.execute(select(AuditUnsealed.audit_id)).scalar_one()
    intruder.execute(text("delete from audit_log where id = :id"), {"id": gone})
    assert broken().audit_id == gone


def test_a_cut_tail_is_noticed_by_the_signed_head(ten: Flask, intruder: Connection) -> None:
    assert audit_heads.sign_head() is not None
    for number in (9, 10):
        intruder.execute(text("delete from audit_log where id = :id"), {"id": record_at(number)})
    intruder.execute(text("delete from audit_seals where number > 8"))
    assert broken().number == 9
    assert "ends at 10" in broken().what


def test_a_tail_cut_off_with_its_signed_head_is_noticed_by_the_head_in_the_log(
    ten: Flask, intruder: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    audit_heads.sign_head()
    kept = next(record.__dict__["head"] for record in caplog.records if record.message == "audit head")
    intruder.execute(text("delete from audit_heads"))
    intruder.execute(text("delete from audit_log where id = :id"), {"id": record_at(10)})
    intruder.execute(text("delete from audit_seals where number = 10"))
    assert verify() is None, "inside the database nothing is left to see"
    found = verify([audit_heads.Head.from_line(kept)])
    assert found is not None and found.number == 10


def test_a_forged_head_is_noticed(ten: Flask, intruder: Connection) -> None:
    audit_heads.sign_head()
    intruder.execute(text("update audit_heads set number = 3"))
    assert "signed head" in broken().what


def test_a_chain_begun_anew_differs_from_its_signed_head(ten: Flask, intruder: Connection) -> None:
    """Even somebody who holds the key of the chain, as the application does, cannot rewrite the past."""
    kept = audit_heads.head()
    for table in ("audit_seals", "audit_log"):
        intruder.execute(text(f"delete from {table}"))  # noqa: S608 - the line above
    intruder.execute(text("alter table audit_log enable trigger waits_for_seal"))
    happen(12, actor=LEO)
    audit_chain.seal()
    assert kept is not None
    found = verify([kept])
    assert found is not None and found.number == 10


# Under a new key

NEW = "a-new-secret-that-only-tests-know-987654321"


def test_a_chain_verifies_across_a_new_secret_key(ten: Flask, settings: Settings) -> None:
    audit_heads.sign_head()
    with a_house(settings, secret_key=NEW, earlier_secret_keys=[settings.secret_key]).app_context():
        happen(3)
        assert audit_chain.seal() == 3
        assert verify() is None
    with a_house(settings, secret_key=NEW).app_context():
        assert "signed head" in broken().what


def test_the_key_of_before_seals_nothing_later(ten: Flask, settings: Settings) -> None:
    """Who stole it, and had it replaced by that, cannot go on with it."""
    with a_house(settings, secret_key=NEW).app_context():
        happen(1)
        audit_chain.seal()
    happen(1)
    audit_chain.seal()
    with a_house(settings, secret_key=NEW, earlier_secret_keys=[settings.secret_key]).app_context():
        assert broken().number == 12


# By the day, and by hand


def test_a_day_has_one_signed_head(ten: Flask, fixed_clock: FixedClock) -> None:
    assert audit_heads.sign_head() is not None
    assert [head.number for head in audit_heads.signed_heads()] == [10]
    assert audit_heads.sign_head() is None
    fixed_clock.move(timedelta(days=1))
    assert audit_heads.sign_head() is not None
    assert [head.genuine for head in audit_heads.signed_heads()] == [True, True]


def test_the_command_says_that_all_is_well(ten: Flask) -> None:
    result = ten.test_cli_runner().invoke(args=["audit", "verify"])
    assert result.exit_code == 0
    assert "10 records" in result.output


def test_the_command_names_the_row_and_fails(ten: Flask, intruder: Connection) -> None:
    intruder.execute(text("update audit_log set data = '{}' where id = :id"), {"id": (bad := record_at(4))})
    result = ten.test_cli_runner().invoke(args=["audit", "verify"])
    assert result.exit_code == 1
    assert f"place 4, record {bad}" in result.output


def test_the_head_that_the_command_prints_is_what_it_checks(ten: Flask, intruder: Connection) -> None:
    line = ten.test_cli_runner().invoke(args=["audit", "head"]).output.strip()
    assert ten.test_cli_runner().invoke(args=["audit", "verify", "--head", line]).exit_code == 0
    intruder.execute(text("delete from audit_log where id = :id"), {"id": record_at(10)})
    intruder.execute(text("delete from audit_seals where number = 10"))
    assert ten.test_cli_runner().invoke(args=["audit", "verify", "--head", line]).exit_code == 1
    assert ten.test_cli_runner().invoke(args=["audit", "verify", "--head", "nonsense"]).exit_code == 2
