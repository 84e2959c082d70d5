"""Locks, and what people may hold, as chance has them. Few ids, so that they meet."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from app.entitlements.rules import Audience, Closed, Holding, Kind, Lock

NOW = datetime(2027, 5, 3, 12, tzinfo=UTC)
ITEMS = [UUID(int=number) for number in (1, 2)]
CREATORS = [UUID(int=number) for number in (11, 12)]
STRANGER = UUID(int=21)
SCOPES = st.sampled_from([*ITEMS, *CREATORS])
PEOPLE = st.sampled_from([None, STRANGER, CREATORS[0]])


@st.composite
def locks(draw: st.DrawFn, *, private: st.SearchStrategy[bool] = st.booleans()) -> Lock:  # noqa: B008
    audience = draw(st.sampled_from(Audience))
    priced = audience is Audience.PAID or draw(st.booleans())
    return Lock(
        item_id=draw(st.sampled_from(ITEMS)),
        creator_id=draw(st.sampled_from(CREATORS)),
        audience=audience,
        rank=draw(st.integers(0, 3)),
        price=499 if priced else None,
        private=draw(private),
    )


def grants(kinds: st.SearchStrategy[Kind]) -> st.SearchStrategy[Holding]:
    ends = st.none() | st.integers(1, 60).map(lambda days: NOW + timedelta(days=days))
    ranks, labels = st.integers(0, 3), st.sampled_from(["", "Gold"])
    return st.builds(Holding, SCOPES, kinds, ranks, labels, ends)


ALL_KINDS = st.sampled_from(Kind)
DENIALS = st.builds(Holding, SCOPES, st.sampled_from(Closed))
# What fans can come by: not what staff are let in with.
KEYS = grants(st.sampled_from([kind for kind in Kind if kind is not Kind.STAFF]))
HOLDINGS = st.lists(grants(ALL_KINDS) | DENIALS, max_size=6)
WITHOUT_STAFF = st.lists(KEYS | DENIALS, max_size=6)
