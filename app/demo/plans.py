"""What each post of a page is: when, for whom, with which pictures, who reads it. No rows yet."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import Random
from uuid import UUID

from app.demo import people, texts, ties
from app.demo.art.formats import BANNER, FACE, LETTERED, SQUARE, UPRIGHT, WIDE, Size
from app.demo.made_ids import Edition
from app.demo.texts import PageText, PostText
from app.entitlements.rules import Audience
from app.media.kinds import Kind, Purpose

Order = dict[str, object]

# The newest post of the liveliest page is minutes old, that of the quietest some days.
FIRST_MINUTES, LAST_MINUTES = 4, 6 * 24 * 60
DAYS_BETWEEN = (3, 26)
LIVELY_DAYS_BETWEEN = (1, 8)
# In percent: by what nobody said otherwise.
AUDIENCES = {Audience.PUBLIC: 52, Audience.FOLLOWERS: 12, Audience.SUBSCRIBERS: 29, Audience.PAID: 7}
MARKED = {
    "pub": (Audience.PUBLIC, 0),
    "fol": (Audience.FOLLOWERS, 0),
    "sub": (Audience.SUBSCRIBERS, 1),
    "sub2": (Audience.SUBSCRIBERS, 2),
    "sub3": (Audience.SUBSCRIBERS, 3),
    "paid": (Audience.PAID, 0),
}
PRICES = (200, 300, 350, 500, 600, 800, 1200)
OTHERS_PAY, A_GALLERY, WITHOUT_PICTURE, PINNED = 0.22, 0.1, 0.12, 0.03
BOUGHT_BY_FAN = "Print at home: Kitchen, seven in the evening"
SHAPES = (UPRIGHT, UPRIGHT, UPRIGHT, SQUARE, WIDE)
COVERS = ("sunrise", "seigaiha", "ridges", "tiles", "moonlit", "desert", "citrus", "aquarium", "leaves")
FACES = 0.62
FACELESS = (
    "contours",
    "halftone",
    "record",
    "citrus",
    "quilt",
    "tiles",
    "orbits",
    "cup",
    "slit_sun",
    "flight",
)
SEEN = {
    "sunrise": "A sun over five bands of sea", "slit_sun": "A sun cut into slices above dark hills",
    "ridges": "Ridges in mist with firs in front", "moonlit": "A lit house under the moon",
    "seigaiha": "Waves like scales under a red sun", "desert": "Dunes with a pale sun and cactuses",
    "flight": "Birds crossing a large sun", "tiles": "Quarter circles and dots on a grid",
    "quilt": "Stars sewn of triangles", "rainbow": "Nested arches in warm colours",
    "stripes": "Stripes that swing round a corner", "overprint": "Three inks printed over each other",
    "halftone": "A planet of printed dots", "cutouts": "Cut paper shapes in coloured fields",
    "signals": "Fine lines that rise like a sound", "contours": "Rings like those of a tree",
    "weave": "Woven bands of colour", "vases": "Vases on a table before an arch",
    "leaves": "Tall leaves with small flowers", "record": "A record on its player",
    "citrus": "Sliced citrus fruit and cherries", "windows": "A house front in the evening, some windows lit",
    "blocks": "A small town of coloured blocks", "orbits": "Planets on their rings round a sun",
    "cup": "A steaming cup on a table", "aquarium": "Striped fish among water plants",
    "swell": "Waves rolling under a sun", "letter": "One huge letter on a poster",
    "stacked": "A poster of large words", "echo": "One word, printed again and again",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MediaPlan:
    id: UUID
    kind: Kind
    purpose: Purpose
    alt: str
    # What the studio draws; a tune needs its seed alone.
    order: Order
    seed: str

    @property
    def drawn(self) -> bool:
        return self.kind is not Kind.AUDIO


@dataclass(frozen=True, slots=True)
class PostPlan:
    id: UUID
    text: PostText
    at: datetime
    audience: Audience
    rank: int
    price: int | None
    pinned: bool
    media: tuple[MediaPlan, ...]
    # Who could open it when it came out.
    readers: tuple[UUID, ...]

    @property
    def out(self) -> bool:
        return self.text.state == "published"


@dataclass(frozen=True, slots=True)
class PagePlan:
    handle: str
    creator_id: UUID
    avatar: MediaPlan
    cover: MediaPlan
    posts: tuple[PostPlan, ...]

    @property
    def media(self) -> tuple[MediaPlan, ...]:
        return (self.avatar, self.cover, *(one for post in self.posts for one in post.media))


def plan(handle: str, edition: Edition) -> PagePlan:
    page = next(page for page in texts.pages() if page.handle == handle)
    dice = Random(f"page {handle}")  # noqa: S311 - the same page each time
    posts, at = [], edition.at - timedelta(minutes=_newest(handle))
    lively = handle == people.CREATOR.handle
    for number, text in enumerate(page.posts):
        moment = at if text.state == "published" else edition.at + timedelta(hours=3 + 41 * number % 60)
        posts.append(_post(page, number, text, edition, moment))
        if text.state == "published":
            at -= timedelta(days=dice.uniform(*(LIVELY_DAYS_BETWEEN if lively else DAYS_BETWEEN)))
    avatar, cover = _pictures_of_page(page, edition, dice)
    return PagePlan(handle, people.creators()[handle].id, avatar, cover, tuple(posts))


@cache
def _newest_of_all() -> dict[str, float]:
    """In minutes, page by page, each a little older than the one before."""
    handles = [page.handle for page in texts.pages()]
    Random("newest").shuffle(handles)  # noqa: S311
    handles.sort(key=lambda handle: handle != people.CREATOR.handle)
    step = math.log(LAST_MINUTES / FIRST_MINUTES) / len(handles)
    return {handle: FIRST_MINUTES * math.exp(step * number) for number, handle in enumerate(handles)}


def _newest(handle: str) -> float:
    return _newest_of_all()[handle]


def liveliest_first() -> list[str]:
    """Those that the fan of the demo follows before the others."""
    return sorted(_newest_of_all(), key=lambda handle: (handle not in ties.FOLLOWED, _newest(handle)))


def _post(page: PageText, number: int, text: PostText, edition: Edition, at: datetime) -> PostPlan:
    dice = Random(f"post {page.handle} {number}")  # noqa: S311
    audience, rank = _for_whom(page, number, text, dice)
    price = None
    if audience is Audience.PAID or (audience is Audience.SUBSCRIBERS and dice.random() < OTHERS_PAY):
        price = dice.choice(PRICES)
    return PostPlan(
        edition.id(at, "post", page.handle, number),
        text,
        at,
        audience,
        rank,
        price,
        pinned="pin" in text.marks or (audience is Audience.PUBLIC and number > 1 and dice.random() < PINNED),
        media=tuple(_media(page, number, text, edition, dice)),
        readers=_readers(page.handle, text, audience, rank, dice),
    )


def _for_whom(page: PageText, number: int, text: PostText, dice: Random) -> tuple[Audience, int]:
    for mark in sorted(text.marks & MARKED.keys()):
        audience, rank = MARKED[mark]
        return audience, min(rank, len(page.tiers))
    if text.poll:
        return Audience.PUBLIC, 0
    audience = dice.choices(list(AUDIENCES), list(AUDIENCES.values()))[0]
    rank = min(dice.choice((1, 1, 1, 2, 2, 3)), len(page.tiers)) if audience is Audience.SUBSCRIBERS else 0
    return audience, rank


def _readers(handle: str, text: PostText, audience: Audience, rank: int, dice: Random) -> tuple[UUID, ...]:
    if audience is Audience.PUBLIC:
        return tuple(ties.of_everybody())
    if audience is Audience.PAID:
        followers = [who for who, _ in ties.to(handle) if who != people.FAN.id]
        buyers = dice.sample(followers, min(len(followers), dice.randint(1, 7)))
        return (*buyers, *((people.FAN.id,) if text.title == BOUGHT_BY_FAN else ()))
    least = rank if audience is Audience.SUBSCRIBERS else 0
    return tuple(who for who, held in ties.to(handle) if held >= least)


def _media(page: PageText, number: int, text: PostText, edition: Edition, dice: Random) -> list[MediaPlan]:
    seed = f"{page.handle}/{number}"
    if "video" in text.marks:
        motif = (
            "record"
            if page.category == "music"
            else "orbits"
            if page.category in {"science", "games"}
            else "swell"
        )
        return [_planned(edition, seed, motif, Kind.VIDEO, alt=SEEN[motif])]
    found = _pictures(page, number, text, edition, dice)
    if "audio" in text.marks:
        found.append(_planned(edition, f"{seed}/tune", "", Kind.AUDIO, alt=text.title))
    return found


def _pictures(page: PageText, number: int, text: PostText, edition: Edition, dice: Random) -> list[MediaPlan]:
    asked = next(iter(text.marks & SEEN.keys()), "")
    many = next((int(mark[-1]) for mark in text.marks if mark.startswith("gallery")), 0)
    if not many and (text.poll or text.state == "draft" or "audio" in text.marks):
        many = int(dice.random() < 0.5)
    elif not many and (asked or "paid" in text.marks or dice.random() >= WITHOUT_PICTURE):
        many = dice.choice((2, 3, 4)) if dice.random() < A_GALLERY else 1
    shape, found = dice.choice(SHAPES), []
    for k in range(many):
        motif = asked or page.motifs[(number + k * 3) % len(page.motifs)]
        if motif in LETTERED and not lettering_fits(text.title):
            motif = "overprint"
        alt = f"{SEEN[motif]}: {text.title}" if motif in LETTERED else SEEN[motif]
        size = SQUARE if many > 1 else UPRIGHT if motif in LETTERED else shape
        found.append(
            _planned(edition, f"{page.handle}/{number}/{k}", motif, size=size, words=text.title, alt=alt)
        )
    return found


def lettering_fits(words: str) -> bool:
    """The poster's letters are Latin, and a poster is read at a glance."""
    return words.isascii() and len(words) < 40


def _pictures_of_page(page: PageText, edition: Edition, dice: Random) -> tuple[MediaPlan, MediaPlan]:
    shown = page.handle == people.CREATOR.handle or dice.random() < FACES
    face = "portrait" if shown else dice.choice(FACELESS)
    wide = [motif for motif in page.motifs if motif in COVERS] or list(COVERS)
    seed, words = page.handle, page.name
    avatar = _planned(edition, f"{seed}/avatar", face, purpose=Purpose.AVATAR, size=FACE, words=words)
    cover = _planned(edition, f"{seed}/cover", dice.choice(wide), purpose=Purpose.COVER, size=BANNER)
    return avatar, cover


def _planned(  # noqa: PLR0913 - a picture is told what it is
    edition: Edition,
    seed: str,
    motif: str,
    kind: Kind = Kind.IMAGE,
    *,
    purpose: Purpose = Purpose.POST,
    size: Size = UPRIGHT,
    words: str = "",
    alt: str = "",
) -> MediaPlan:
    what = "film" if kind is Kind.VIDEO else purpose.value
    order: Order = {"purpose": what, "motif": motif, "seed": seed, "size": size, "words": words}
    return MediaPlan(edition.id(edition.at, "media", seed), kind, purpose, alt, order, seed)
