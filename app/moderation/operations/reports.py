"""Reporting, and what a moderator makes of it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.accounts.letters import write_to
from app.accounts.models import User
from app.extensions import db
from app.kit import clock
from app.kit.crypto import digest
from app.kit.ids import new_id
from app.moderation import queries
from app.moderation.errors import DecidedAlready, OwnCase, OwnThing, ReportedAgain
from app.moderation.models import COPY, Report
from app.moderation.subjects import Reportable, Subject, reportable
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import NotFound
from app.platform.settings import vault

REASONS = {
    "spam": "Spam, or a fraud",
    "abuse": "Harassment, hate or threats",
    "minor": "Somebody under age is in danger",
    "illegal": "Something else that is against the law",
    "copyright": "Work of mine that was used without permission",
    "other": "Something else",
}
WAITING, UPHELD, DISMISSED = "waiting", "upheld", "dismissed"


def find_subject(kind: str, subject_id: UUID, viewer_id: UUID) -> tuple[Reportable, Subject]:
    """What this person is about to report."""
    known = reportable(kind)
    subject = known.find(subject_id, viewer_id) if known else None
    if known is None or subject is None:
        raise NotFound
    return known, subject


def report(user_id: UUID, kind: str, subject_id: UUID, reason: str, note: str) -> Subject:
    """The same person has one open report about a thing: saying more changes it."""
    known, subject = find_subject(kind, subject_id, user_id)
    if subject.owner_id == user_id:
        raise OwnThing
    copy = _copy(user_id, kind, known, subject)
    said = {"reason": reason, "note": note, "sealed_copy": vault().seal(copy, COPY) if copy else None}
    row = insert(Report).values(
        id=new_id(),
        user_id=user_id,
        subject_kind=kind,
        subject_id=subject_id,
        against_id=subject.owner_id,
        state=WAITING,
        created_at=clock.now(),
        **said,
    )
    once = ["user_id", "subject_kind", "subject_id"]
    waiting = Report.state == WAITING
    db.session.execute(row.on_conflict_do_update(index_elements=once, index_where=waiting, set_=said))
    audit.record(Action.REPORTED, actor=user_id, subject=(kind, subject_id), reason=reason)
    return subject


def _copy(user_id: UUID, kind: str, known: Reportable, subject: Subject) -> str:
    """What there is to decide about, after what was there when the same person said so before."""
    whole = subject if known.copied else known.look(subject.id) or subject
    words = subject.words if known.copied else whole.in_full
    before = queries.copy_for(user_id, kind, subject.id)
    return before if words in before else "\n\n".join(filter(None, (before, words)))


def look_closer(moderator_id: UUID, report_id: UUID) -> str:
    """Lets the moderator in for the time of the work; on record. The address of the thing."""
    found, _ = _lock(moderator_id, report_id)
    known, subject = _about(found)
    if subject is None:
        raise NotFound
    if known.open_to:
        known.open_to(subject.id, moderator_id)
    audit.record(Action.REPORT_OPENED, actor=moderator_id, subject=("report", report_id))
    return subject.href


def uphold(moderator_id: UUID, report_id: UUID, seen: str | None = None) -> None:
    """Takes the thing down, and decides every open report about it. `seen`: as for a dismissal."""
    found, together = _lock(moderator_id, report_id)
    if found.state != WAITING:
        raise DecidedAlready
    _as_seen(found, seen)
    known, subject = _about(found)
    if subject is not None:
        known.take_down(subject.id)
        _tell_owner(UPHELD, known, subject, reason=REASONS[found.reason])
    _decide(found, together, UPHELD, moderator_id)


def dismiss(moderator_id: UUID, report_id: UUID, seen: str | None = None) -> None:
    """Nothing is wrong with it. What was taken down after this report is put back.

    `seen`: how it stood when it was looked at. It undoes no later decision, and puts away no later report.
    """
    found, together = _lock(moderator_id, report_id)
    if found.state == DISMISSED:
        raise DecidedAlready
    _as_seen(found, seen)
    known, subject = _about(found)
    if found.state == UPHELD and subject is not None:
        back = known.put_back is not None and known.put_back(subject.id)
        _tell_owner("taken_back", known, subject, back="yes" if back else "")
    _decide(found, together, DISMISSED, moderator_id)


def standing(line: queries.Line, others: Sequence[queries.Line], copies: Sequence[str]) -> str:
    """What is decided, as a page that shows this says it: another word as soon as somebody says more."""
    seen = sorted((one.id, one.reason, one.note) for one in (line, *others)), [*copies]
    return f"{line.state}:{digest(repr(seen)).hex()[:16] if line.state == WAITING else 0}"


def _as_seen(found: Report, seen: str | None) -> None:
    if not seen:
        return
    if seen.partition(":")[0] != found.state:
        raise DecidedAlready
    line = queries.find_report(found.id)
    if seen != standing(line, queries.others(line), queries.copies(line)):
        raise ReportedAgain


def _about(found: Report) -> tuple[Reportable, Subject | None]:
    known = reportable(found.subject_kind)
    if known is None:
        raise NotFound
    return known, known.look(found.subject_id)


def _decide(found: Report, together: Sequence[Report], state: str, moderator_id: UUID) -> None:
    """With all that say the same of the same thing: those that wait, or those that were upheld with it.

    But for what came after they were locked: nobody has read that.
    """
    same = [one for one in together if one.state == found.state]
    db.session.execute(
        update(Report)
        .where(Report.id.in_([one.id for one in same]))
        .values(state=state, decided_by=moderator_id, decided_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    _tell_reporters([one.user_id for one in same], state, found.subject_kind)
    audit.record(Action.REPORT_DECIDED, actor=moderator_id, subject=("report", found.id), state=state)


def _lock(moderator_id: UUID, report_id: UUID) -> tuple[Report, Sequence[Report]]:
    """And all about the same thing, in order: two moderators must not decide both ways at once."""
    found = db.session.get(Report, report_id)
    if found is None:
        raise NotFound
    if found.against_id == moderator_id:
        raise OwnCase
    same = select(Report).where(
        Report.subject_kind == found.subject_kind, Report.subject_id == found.subject_id
    )
    in_order = same.order_by(Report.id).with_for_update().execution_options(populate_existing=True)
    locked = db.session.scalars(in_order).all()
    return next(one for one in locked if one.id == report_id), locked


def _tell_owner(what: str, known: Reportable, subject: Subject, **words: str) -> None:
    owner = db.session.get(User, subject.owner_id) if subject.owner_id else None
    if owner is not None:
        _mail(owner, f"report_{what}", noun=known.noun, title=subject.title, **words)


def _tell_reporters(reporters: Sequence[UUID | None], state: str, kind: str) -> None:
    known = reportable(kind)
    noun = known.noun if known else "thing"
    for person in db.session.scalars(select(User).where(User.id.in_({one for one in reporters if one}))):
        _mail(person, "report_decided", noun=noun, upheld="yes" if state == UPHELD else "")


def _mail(person: User, template: str, **words: Any) -> None:
    if person.state == "active":
        write_to(person, template, **words)
