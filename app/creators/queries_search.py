"""Creators by words and by how names are written: one statement, which reads a bounded number of rows."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    Select,
    String,
    Subquery,
    and_,
    any_,
    cast,
    func,
    literal,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts.models import User
from app.creators.hiding import hidden_from, row_by_row
from app.creators.models import Creator
from app.creators.queries_directory import ENTRY, OPEN, Entry, entry
from app.creators.searching import Place, Question
from app.extensions import db

MOST = 12
# How many of those that match are ranked.
CANDIDATES = 2_000
# Of the groups of letters that were typed, so many must be in the name.
ALIKE = 0.34
# Whose words match stands before whose name only looks alike.
BY_WORDS = 1.0
HERE = and_(User.id == Creator.id, User.state == "active")


def find_creators(question: Question) -> tuple[list[Entry], Place | None]:
    """One page, and where the next begins."""
    ways = [*_by_words(question), *_by_letters(question)]
    if not ways:
        return [], None
    each = union_all(*ways).subquery()
    best = (
        select(each.c.id, cast(func.max(each.c.score), Double).label("score"))
        .group_by(each.c.id)
        .having(func.max(each.c.score) >= ALIKE)
        .subquery()
    )
    order = (best.c.score, Creator.popularity, Creator.id)
    found: Select[Any] = select(*ENTRY, *order[:2]).join(best, best.c.id == Creator.id)
    found = found.join(User, HERE)
    if at := question.after:
        found = found.where(tuple_(*order) < tuple_(at.score, at.then, at.id))
    rows = db.session.execute(found.order_by(*(by.desc() for by in order)).limit(MOST + 1)).all()
    last = rows[MOST - 1] if len(rows) > MOST else None
    after = Place(last.score, last.popularity, last.id) if last else None
    return [entry(row) for row in rows[:MOST]], after


def _by_words(question: Question) -> list[Select[Any]]:
    if not question.tsquery:
        return []
    asked = func.to_tsquery("simple", question.tsquery)
    matching = _known(question, Creator.words, Creator.words.op("@@")(asked))
    score = literal(BY_WORDS) + func.ts_rank(matching.c.words, asked)
    return [select(matching.c.id, score.label("score"))]


def _by_letters(question: Question) -> list[Select[Any]]:
    groups = question.trigrams
    if not groups:
        return []
    typed = cast(groups, ARRAY(String))
    matching = _known(question, Creator.trigrams, Creator.trigrams.overlap(typed))
    one = func.unnest(matching.c.trigrams).column_valued("one")
    shared = select(func.count()).where(one == any_(typed)).correlate(matching).scalar_subquery()
    return [select(matching.c.id, (shared / literal(float(len(groups)))).label("score"))]


def _known(question: Question, by: InstrumentedAttribute[Any], matches: ColumnElement[bool]) -> Subquery:
    """Whom this one may not know of takes the place of nobody who is ranked."""
    known = row_by_row(~hidden_from(question.viewer_id, Creator.id.expression))
    matching = select(Creator.id, by).join(User, HERE).where(matches, OPEN, known)
    return matching.limit(CANDIDATES).subquery()
