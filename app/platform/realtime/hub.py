"""Who is connected, what reaches whom, and whose access is over."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from time import monotonic
from typing import TYPE_CHECKING, Any

from app.kit import clock
from app.platform.access import Ended
from app.platform.realtime import frames, messages, metrics
from app.platform.realtime.codes import Close
from app.platform.realtime.limits import Limits
from app.platform.realtime.tickets import Ticket
from app.platform.realtime.topics import Term

if TYPE_CHECKING:
    from app.platform.realtime.connection import Connection

# Longer than a ticket lives, and the seconds for which a process may make one from what it remembers.
REMEMBER_ENDED = 90.0
# Clocks of two hosts do not agree more closely. Who asks again sooner than this is told to ask once more.
CLOCKS_DIFFER = 1.0
EVERYBODY = ""


class Hub:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        # It admits nobody before it has seen for the first time whose access ended.
        self.blind = True
        self._people: defaultdict[str, set[Connection]] = defaultdict(set)
        self._topics: defaultdict[str, set[Connection]] = defaultdict(set)
        self._wheel: list[set[Connection]] = [set() for _ in range(max(1, round(limits.ping_every)))]
        self._turns = 0
        self._over: dict[str, float] = {}
        # Told when somebody's first page came, or their last one left.
        self.on_moved: Callable[[str], object] = _nobody_asks
        # To whom what closed: when that was heard, and until when it is remembered.
        self._closed: dict[tuple[str, str], tuple[float, float]] = {}
        self._known: dict[str, float] = {}
        self._counted: set[str] = set()

    def __len__(self) -> int:
        return sum(len(spoke) for spoke in self._wheel)

    def has(self, user_id: str) -> bool:
        return user_id in self._people

    def people(self) -> Collection[str]:
        return self._people.keys()

    def refusal(self, ticket: Ticket) -> Close | None:
        if self.blind:
            return Close.TRY_AGAIN
        if ticket.session_id in self._over or ticket.user_id in self._over:
            return Close.ENDED
        if len(self._people.get(ticket.user_id, ())) >= self.limits.sockets_a_person:
            return Close.TOO_MANY_PAGES
        return None

    def add(self, one: "Connection") -> None:
        self._spoke(one).add(one)
        if not self.has(one.ticket.user_id):
            self.on_moved(one.ticket.user_id)
        self._people[one.ticket.user_id].add(one)
        for topic in one.topics:
            self._topics[topic].add(one)
        self._counted.update(term.topic for term in one.terms if term.counted)

    def remove(self, one: "Connection") -> None:
        self._spoke(one).discard(one)
        _drop(self._people, one.ticket.user_id, one)
        if not self.has(one.ticket.user_id):
            self.on_moved(one.ticket.user_id)
        for topic in one.topics:
            _drop(self._topics, topic, one)

    def held_back(self, ticket: Ticket) -> set[str]:
        """Topics that it names and gives no more: asked for before they closed, or out of their time."""
        now = clock.now().timestamp()
        return {term.topic for term in ticket.terms if _is_over(term, now) or self._has_closed(term, ticket)}

    def deliver(self, text: bytes | str) -> None:
        """Hands on what `realtime.push_user` or `push_topic` said."""
        notice = json.loads(text)
        if "missed" in notice:
            self.may_have_missed()
        elif "user" in notice:
            self._send(self._people.get(notice["user"], ()), frames.text(notice["message"]))
        else:
            self._send(self._topics.get(notice["topic"], ()), frames.text(notice["message"]))
        if "at" in notice:
            metrics.fanout.observe(max(0.0, clock.now().timestamp() - notice["at"]))

    def say(self, topic: str, event: str, payload: dict[str, Any]) -> None:
        self._send(self._topics.get(topic, ()), frames.text(messages.event(event, payload)))

    def present(self) -> dict[str, int]:
        """How many people listen here, of the topics where that is told."""
        self._counted &= self._topics.keys()
        return {topic: len({one.ticket.user_id for one in self._topics[topic]}) for topic in self._counted}

    def end(self, kind: str, user_id: str, subject_id: str, row_id: str = "") -> None:
        """Access ended: nothing of it stays, and no ticket that was made before opens it again."""
        match kind:
            case Ended.SESSION | Ended.ACCOUNT:
                self._end_pages(kind, user_id, subject_id)
            case Ended.GRANT | Ended.CLOSED if row_id not in self._known:
                if row_id:
                    self._known[row_id] = monotonic() + 2 * REMEMBER_ENDED
                self._end_topics(EVERYBODY if kind == Ended.CLOSED else user_id, subject_id)

    def _end_pages(self, kind: str, user_id: str, subject_id: str) -> None:
        whole = kind == Ended.ACCOUNT
        self._over[user_id if whole else subject_id] = monotonic() + REMEMBER_ENDED
        for one in list(self._people.get(user_id, ())):
            if whole or one.ticket.session_id == subject_id:
                one.close(Close.ENDED)

    def end_notice(self, text: bytes | str) -> None:
        notice = json.loads(text)
        if notice["topic"] == "access_ended":
            payload: dict[str, Any] = notice["payload"]
            self.end(*(payload.get(name, "") for name in ("kind", "user_id", "subject_id", "id")))

    def _end_topics(self, user_id: str, scope: str) -> None:
        self._closed[user_id, scope] = clock.now().timestamp(), monotonic() + REMEMBER_ENDED
        for one in list(self._people.get(user_id, ())) if user_id else self._all():
            self._withdraw(one, {term.topic for term in one.terms if scope in term.scopes})

    def _withdraw(self, one: "Connection", topics: set[str]) -> None:
        for topic in topics:
            _drop(self._topics, topic, one)
        one.lose(topics)

    def _has_closed(self, term: Term, ticket: Ticket) -> bool:
        never = float("-inf"), 0.0
        pairs = ((who, scope) for scope in term.scopes for who in (ticket.user_id, EVERYBODY))
        return any(self._closed.get(pair, never)[0] + CLOCKS_DIFFER >= ticket.asked for pair in pairs)

    def end_expired(self) -> None:
        """Sessions and topics whose time ran out, and memories that are old enough to forget."""
        now, at = monotonic(), clock.now().timestamp()
        self._over = {subject: until for subject, until in self._over.items() if until > now}
        self._known = {row_id: until for row_id, until in self._known.items() if until > now}
        self._closed = {pair: known for pair, known in self._closed.items() if known[1] > now}
        for one in self._all():
            if one.ticket.session_ends <= at:
                one.close(Close.ENDED)
            elif one.terms:
                self._withdraw(one, {term.topic for term in one.terms if _is_over(term, at)})

    def may_have_missed(self) -> None:
        self._send(self._all(), messages.MISSED)

    def check_some(self) -> None:
        """One spoke of the wheel, so that all are asked in turn and never all at once."""
        self._turns += 1
        for one in list(self._wheel[self._turns % len(self._wheel)]):
            one.check()

    @property
    def check_every(self) -> float:
        return self.limits.ping_every / len(self._wheel)

    def set_blind(self, blind: bool) -> None:
        if blind and not self.blind:
            self.close_all(Close.TRY_AGAIN)
        self.blind = blind

    def close_all(self, why: Close) -> None:
        for one in self._all():
            one.close(why)

    def _all(self) -> list["Connection"]:
        return [one for spoke in self._wheel for one in spoke]

    def _spoke(self, one: "Connection") -> "set[Connection]":
        return self._wheel[hash(one) % len(self._wheel)]

    @staticmethod
    def _send(to: Iterable["Connection"], frame: bytes) -> None:
        everybody = list(to)
        for one in everybody:
            one.send(frame)
        # Counted once for all: to count takes half as long as to send.
        metrics.messages.labels("out").inc(len(everybody))


def _nobody_asks(_: str) -> None:
    pass


def _drop(index: "dict[str, set[Connection]]", key: str, one: "Connection") -> None:
    index[key].discard(one)
    if not index[key]:
        del index[key]


def _is_over(term: Term, at: float) -> bool:
    return term.until is not None and term.until <= at
