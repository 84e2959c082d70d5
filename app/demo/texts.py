"""What everybody in demo mode says and writes, read from the files in words/.

category: film                                what the pages below it are about
motifs: windows moonlit                       what their pictures show; under a page: of this page alone
@handle | Name | Headline                     a page; the next line tells about it
tiers: Balcony 400; First row 1100
* Title :: Text // next paragraph             a post, the newest first; also `= draft :: ...`
? Question | one | another                    at the end of a text: a poll
{audio} {pub}                                 at the very end: what it has, and for whom it is
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

WORDS = Path(__file__).parent / "words"
ASIDE = {"fans", "comments", "talks", "room"}
MARK = re.compile(r"\s*\{(\w+)\}")
ITEM = re.compile(r"- |\d\. ")
POLL = re.compile(r"\s*\?\s(?P<question>[^|]+)\|(?P<options>.+)$")


@dataclass(frozen=True, slots=True)
class PostText:
    title: str
    body: str
    marks: frozenset[str]
    poll: tuple[str, ...] = ()
    state: str = "published"


@dataclass(frozen=True, slots=True)
class PageText:
    handle: str
    name: str
    headline: str
    category: str
    motifs: tuple[str, ...]
    about: str = ""
    tiers: tuple[tuple[str, int], ...] = ()
    posts: list[PostText] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FanText:
    handle: str
    name: str
    bio: str


@cache
def pages() -> tuple[PageText, ...]:
    files = (path for path in sorted(WORDS.glob("*.txt")) if path.stem not in ASIDE)
    return tuple(page for path in files for page in _pages(_lines(path)))


@cache
def fans() -> tuple[FanText, ...]:
    return tuple(FanText(*_cells(line)) for line in _lines(WORDS / "fans.txt"))


@cache
def comments() -> dict[str, tuple[str, ...]]:
    """By what they are about; "any" fit everywhere, "reply" are the creator's."""
    found: dict[str, list[str]] = {}
    for line in _lines(WORDS / "comments.txt"):
        if line.startswith("["):
            kind = found.setdefault(line.strip("[]"), [])
        else:
            kind.append(line)
    return {kind: tuple(lines) for kind, lines in found.items()}


def _pages(lines: list[str]) -> Iterator[PageText]:
    category = ""
    motifs: tuple[str, ...] = ()
    page: PageText | None = None
    for line in lines:
        key, _, rest = line.partition(": ")
        if line.startswith("@"):
            if page:
                yield page
            handle, name, headline = _cells(line[1:])
            page = PageText(handle, name, headline, category, motifs)
        elif key == "category":
            category = rest
        elif page is None:
            motifs = tuple(rest.split())
        elif line[0] in "*=":
            page.posts.append(_post(line, category))
        elif key == "motifs":
            page = replace(page, motifs=tuple(rest.split()))
        elif key == "tiers":
            page = replace(page, tiers=tuple(_tier(words) for words in rest.split(";")))
        else:
            page = replace(page, about=_paragraphs(line))
    if page:
        yield page


def _post(line: str, category: str) -> PostText:
    state = "published"
    if line.startswith("="):
        state, _, line = line.removeprefix("=").strip().partition(" :: ")
    title, _, text = line.removeprefix("* ").partition(" ::")
    marks = frozenset(MARK.findall(text))
    text = MARK.sub("", text).strip()
    poll: tuple[str, ...] = ()
    if found := POLL.search(text):
        text = text[: found.start()]
        poll = (f"{found['question'].strip()}?".replace("??", "?"), *_cells(found["options"]))
    if category == "writing":
        text = text.replace(" / ", "\n")  # lines of a poem
    return PostText(title.strip(), _paragraphs(text), marks, poll, state)


def _tier(words: str) -> tuple[str, int]:
    name, _, price = words.strip().rpartition(" ")
    return name, int(price)


def _paragraphs(text: str) -> str:
    """Items of a list stand close together."""
    parts = text.split(" // ")
    joined = parts[0]
    for before, part in pairwise(parts):
        close = ITEM.match(before) and ITEM.match(part)
        joined += ("\n" if close else "\n\n") + part
    return joined.strip()


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line.strip()]
