"""Saying something, saying it otherwise, taking it back, answering with a sign."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert

from app.accounts.queries import the_user
from app.chat import live, numbering, queries, queries_talk, telling, words
from app.chat.errors import Silent, TooLate
from app.chat.models import REACTIONS, Conversation, Member, Message, Reaction
from app.chat.operations import parcels
from app.chat.operations.parcels import Load
from app.chat.queries import Said
from app.chat.queries_talk import Talk
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.moderation import screening
from app.platform import audit, limits
from app.platform.audit import Action
from app.platform.errors import NotFound, Refused, TooMany
from app.tips.models import Tip

EDIT_WITHIN = timedelta(minutes=15)
UNSEND_WITHIN = timedelta(hours=24)
NEW_FOR = timedelta(days=1)
MANY = "You wrote to many new people today. Go on with those, and begin with others tomorrow."
NOTHING = Load()
NO_SITES = "Addresses of other sites can be sent once they answered you, or a day after you joined."
NOTE = text("""
    update conversation_members set
        last_at = :at,
        away = false,
        waits = user_id <> :me,
        read_seq = case user_id when :me then :seq else read_seq end,
        delivered_seq = case user_id when :me then :seq else delivered_seq end,
        wrote_seq = case user_id when :me then :seq else wrote_seq end,
        sealed_draft = case when user_id = :me and :typed then null else sealed_draft end
    where conversation_id = :talk
""")


def begin(me: UUID, other_id: UUID, body: str, key: str, load: Load = NOTHING) -> Said:
    """The first thing that is said between two; or the next, when the other one was quicker."""
    conversation_id = queries_talk.between(me, other_id) or _first_words(me, other_id)
    return send(me, conversation_id, body, key, load=load)


def send(
    me: UUID, conversation_id: UUID, body: str, key: str, answers: int | None = None, load: Load = NOTHING
) -> Said:
    """Once for each key, however often it comes."""
    talk = queries_talk.find_talk(conversation_id, me, lock=True)
    if known := _sent_before(conversation_id, me, key):
        return queries.find_said(talk, known)
    if talk.silence:
        raise Silent(talk.silence.words, "body")
    _hold_to_manners(talk, f"{body}\n{load.words}")
    parcel = None if load.empty else parcels.pack(me, load)
    message = _say(conversation_id, me, key, body, answers, parcel_id=parcel.id if parcel else None)
    audit.record(Action.MESSAGE_SENT, actor=me, subject=("message", message.id))
    telling.soon(conversation_id, talk.other.id)
    db.session.flush()
    if message.answers is None and parcel is None:
        return _told(talk, queries.said(talk, message))
    return _tell(talk, message.seq)


def note_tip(tip: Tip, conversation_id: UUID, key: str, answers: int | None) -> None:
    """It was paid: said by whoever gave it, with their words, whether or not they may write otherwise.

    Under the lock of the conversation.
    """
    message = _say(conversation_id, tip.user_id, key, tip.note, answers, tip_id=tip.id)
    audit.record(Action.MESSAGE_SENT, actor=tip.user_id, subject=("message", message.id))
    db.session.flush()
    pair = tip.user_id, tip.creator_id
    live.touched(pair, conversation_id, tip.user_id, message.seq, message.change)


def edit(me: UUID, conversation_id: UUID, seq: int, body: str) -> Said:
    talk, message = _own(me, conversation_id, seq)
    if talk.silence:
        raise Silent(talk.silence.words, "body")
    if message.tip_id or clock.now() - message.created_at > EDIT_WITHIN:
        raise TooLate("A message can be changed for a quarter of an hour. Write another one instead.", "body")
    if words.unseal(message.sealed_body) == body:
        return queries.find_said(talk, seq)
    _hold_to_manners(talk, body)
    message.sealed_body, message.edited_at = words.seal(body), clock.now()
    return _changed(talk, message, me, Action.MESSAGE_EDITED)


def unsend(me: UUID, conversation_id: UUID, seq: int) -> Said:
    """The words are gone for both; that there was something is not."""
    talk, message = _own(me, conversation_id, seq)
    if message.tip_id or clock.now() - message.created_at > UNSEND_WITHIN:
        raise TooLate("A message can be taken back for a day, and a tip not at all.")
    parcels.drop(message)
    return _changed(talk, _empty(message), me, Action.MESSAGE_UNSENT)


def react(me: UUID, conversation_id: UUID, seq: int, sign: str) -> Said:
    """One sign of each about each message; without one, none."""
    talk = queries_talk.find_talk(conversation_id, me, lock=True)
    message = _find(conversation_id, seq)
    if message.unsent_at:
        raise NotFound
    if talk.silence:
        raise Silent(talk.silence.words)
    if sign and sign not in REACTIONS:
        raise Refused("Choose one of the signs.", "sign")
    row = {"conversation_id": conversation_id, "seq": seq, "user_id": me}
    if sign:
        given = insert(Reaction).values(**row, sign=sign, created_at=clock.now())
        db.session.execute(
            given.on_conflict_do_update(index_elements=list(row), set_={"sign": given.excluded.sign})
        )
    else:
        db.session.execute(delete(Reaction).filter_by(**row))
    return _changed(talk, message, me, Action.MESSAGE_REACTED)


def take_down(message_id: UUID) -> None:
    """By the house, after a report: as if it had been taken back. The words stay with the report's copy."""
    message = db.session.get(Message, message_id)
    if message is None or (message.unsent_at and message.parcel_id is None):
        return
    talk = queries_talk.find_talk(message.conversation_id, message.user_id, lock=True)
    _, message.change = numbering.next_number(message.conversation_id)
    parcels.take_down(message)
    _empty(message)
    db.session.flush()
    _tell(talk, message.seq)


def conversation_of(one: UUID, other: UUID) -> UUID:
    """The one that they have, made where they had none."""
    low, high = sorted((one, other))
    pair = {"low_id": low, "high_id": high}
    row = insert(Conversation).values(id=new_id(), last_seq=0, last_change=0, created_at=clock.now(), **pair)
    db.session.execute(row.on_conflict_do_nothing())
    conversation_id = db.session.scalars(select(Conversation.id).filter_by(**pair)).one()
    for who, whom in ((one, other), (other, one)):
        member = insert(Member).values(conversation_id=conversation_id, user_id=who, other_id=whom)
        db.session.execute(member.on_conflict_do_nothing())
    return conversation_id


def _first_words(me: UUID, other_id: UUID) -> UUID:
    talk = queries_talk.nothing_said(other_id, me)
    if talk.silence:
        raise Silent(talk.silence.words, "body")
    try:
        limits.take("first_words_new" if _just_came(me) else "first_words", str(me))
    except TooMany:
        raise Refused(MANY, "body") from None
    return conversation_of(me, other_id)


def _say(
    conversation_id: UUID, me: UUID, key: str, body: str, answers: int | None, **carried: UUID | None
) -> Message:
    """The next message, under the lock of the conversation."""
    seq, change = numbering.next_number(conversation_id, message=True)
    message = Message(
        id=new_id(),
        conversation_id=conversation_id,
        user_id=me,
        seq=seq,
        change=change,
        key=key,
        sealed_body=words.seal(body) if body else None,
        answers=answers if answers and answers < seq else None,
        created_at=clock.now(),
        **carried,
    )
    db.session.add(message)
    _note_members(message)
    return message


def _hold_to_manners(talk: Talk, body: str) -> None:
    """Who has just come sends nobody to other places, unless they talk with each other already."""
    screening.screen("message", talk.me, body)
    if not talk.asked and words.names_a_site(body) and _just_came(talk.me):
        raise Refused(NO_SITES, "body")


def _just_came(me: UUID) -> bool:
    return clock.now() - the_user(me).created_at < NEW_FOR


def _sent_before(conversation_id: UUID, me: UUID, key: str) -> int | None:
    return db.session.scalar(
        select(Message.seq).where(
            Message.conversation_id == conversation_id, Message.key == key, Message.user_id == me
        )
    )


def _note_members(message: Message) -> None:
    """Both lists move it to their top; whoever writes has read what was there, and keeps no draft.

    The words of a tip were not typed there: what was begun there waits on.
    """
    values = {
        "talk": message.conversation_id,
        "me": message.user_id,
        "at": message.created_at,
        "seq": message.seq,
        "typed": message.tip_id is None,
    }
    db.session.execute(NOTE, values)


def _find(conversation_id: UUID, seq: int) -> Message:
    found = select(Message).where(Message.conversation_id == conversation_id, Message.seq == seq)
    message = db.session.scalars(found).one_or_none()
    if message is None:
        raise NotFound
    return message


def _own(me: UUID, conversation_id: UUID, seq: int) -> tuple[Talk, Message]:
    talk = queries_talk.find_talk(conversation_id, me, lock=True)
    message = _find(conversation_id, seq)
    if message.user_id != me or message.unsent_at:
        raise NotFound
    return talk, message


def _empty(message: Message) -> Message:
    message.sealed_body, message.unsent_at = None, clock.now()
    db.session.execute(
        delete(Reaction).where(
            Reaction.conversation_id == message.conversation_id, Reaction.seq == message.seq
        )
    )
    return message


def _changed(talk: Talk, message: Message, me: UUID, action: Action) -> Said:
    _, message.change = numbering.next_number(message.conversation_id)
    audit.record(action, actor=me, subject=("message", message.id))
    db.session.flush()
    return _tell(talk, message.seq)


def _tell(talk: Talk, seq: int) -> Said:
    """Each of the two hears of it as they read it, once it stands."""
    return _told(talk, queries.find_said(talk, seq))


def _told(talk: Talk, mine: Said) -> Said:
    live.told(mine, talk)
    return mine
