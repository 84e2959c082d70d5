"""What open pages hear of conversations. Whoever hears nothing catches up (views/conversation.py)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from app.chat.queries import Said
from app.chat.queries_talk import Talk
from app.kit.text import has_any
from app.platform import online, realtime
from app.platform.templating import fragment
from app.platform.transaction import after_commit

MESSAGE = "messages/_message.html"


@dataclass(frozen=True, slots=True)
class Told:
    """What one of many was told, and where it stands in their conversation."""

    user_id: UUID
    talk_id: UUID
    seq: int
    change: int
    # They do not want to be called for what is said there.
    muted: bool = False


def touched(pair: tuple[UUID, UUID], talk_id: UUID, author_id: UUID, seq: int, change: int) -> None:
    """What each of the two may see of it differs: their pages ask."""
    event = {"conversation": str(talk_id), "seq": seq, "change": change}
    for one in pair:
        told = event | {"mine": one == author_id}
        after_commit(partial(realtime.push_user, one, "message", told))


def told(mine: Said, talk: Talk) -> None:
    """To both, each as they read it."""
    if mine.parcel or mine.tip:
        touched((talk.me, talk.other.id), mine.talk_id, mine.author_id, mine.seq, mine.change)
        return
    theirs = replace(
        mine,
        mine=not mine.mine,
        key="",
        held=mine.mine and has_any(mine.body, talk.unwanted_by_other),
        answers=mine.answers and replace(mine.answers, mine=not mine.answers.mine),
        reactions=[(sign, count, by_me ^ (count == 1)) for sign, count, by_me in mine.reactions],
    )
    after_commit(lambda: _push(talk.me, mine))
    after_commit(lambda: _push(talk.other.id, theirs))


def marked(me: UUID, conversation_id: UUID, *, read: int) -> None:
    """To one's own other pages."""
    event = {"conversation": str(conversation_id), "read": read}
    after_commit(lambda: realtime.push_user(me, "read", event))


def got_to(other_id: UUID, conversation_id: UUID, *, delivered: int, read: int) -> None:
    event = {"conversation": str(conversation_id), "delivered": delivered, "read": read}
    after_commit(lambda: realtime.push_user(other_id, "seen", event))


def types(talk: Talk) -> None:
    realtime.push_user(talk.other.id, "typing", {"conversation": str(talk.id)})


def spread(told: Sequence[Told]) -> None:
    """To those who have a page open, once it stands: to push to all costs more than to tell them."""
    after_commit(lambda: _push_to_those_here(told))


def _push_to_those_here(told: Sequence[Told]) -> None:
    here = online.here([one.user_id for one in told])
    for one in told:
        if one.user_id in here:
            event = {"conversation": str(one.talk_id), "seq": one.seq, "change": one.change, "mine": False}
            realtime.push_user(one.user_id, "message", event)


def _push(to: UUID, said: Said) -> None:
    realtime.push_user(
        to,
        "message",
        {
            "conversation": str(said.talk_id),
            "seq": said.seq,
            "change": said.change,
            "mine": said.mine,
            "message": str(fragment(MESSAGE, said=said)),
        },
    )
