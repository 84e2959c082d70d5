"""Who follows and who pays whom: worked out from the names alone, so that every part comes to the same."""

from dataclasses import dataclass
from functools import cache
from random import Random
from uuid import UUID

from app.demo import people, texts
from app.demo.people import DemoPerson

# The fan that everybody signs in as: what they follow, and up to which rank they subscribe.
FOLLOWED = (
    "creator", "ines_fog", "kofi_keys", "tuesday_cat", "hana_kiln", "night_trains", "isolde_writes",
    "vera_frames", "orbit_oyvind", "nonna_piera", "tomas_riso", "loom_and_code", "the_slow_radio",
    "hex_and_hollow", "slow_miles", "sato_boxes", "tam_harbours", "yuki_bento",
)  # fmt: skip
SUBSCRIBED = {
    "creator": 1,
    "kofi_keys": 2,
    "ines_fog": 1,
    "night_trains": 1,
    "hana_kiln": 1,
    "loom_and_code": 1,
}
# Of those a creator has, how many a person follows; of those they follow, how many they pay for.
FAN_FOLLOWS, CREATOR_FOLLOWS = (6, 24), (2, 9)
PAID_MOST = 4


@dataclass(frozen=True, slots=True)
class Ties:
    """Of one person, by handle: the rank they subscribe at, 0 for followers who do not."""

    ranks: dict[str, int]


@cache
def of_everybody() -> dict[UUID, Ties]:
    return {person.id: Ties(_ranks(person)) for person in people.everybody() if not person.staff}


@cache
def to(handle: str) -> tuple[tuple[UUID, int], ...]:
    """Who follows this page, each with the rank they subscribe at."""
    return tuple((who, ties.ranks[handle]) for who, ties in of_everybody().items() if handle in ties.ranks)


def _ranks(person: DemoPerson) -> dict[str, int]:
    if person.id == people.FAN.id:
        return {handle: SUBSCRIBED.get(handle, 0) for handle in FOLLOWED}
    dice = Random(f"ties of {person.handle}")  # noqa: S311
    pages = [page for page in texts.pages() if page.handle != person.handle]
    weights = [_draw_of(page.handle) for page in pages]
    few, many = CREATOR_FOLLOWS if person.creates else FAN_FOLLOWS
    chosen = {page.handle: page for page in dice.choices(pages, weights, k=dice.randint(few, many))}
    paid = dice.sample(sorted(chosen), min(len(chosen), dice.randint(0, PAID_MOST)))
    return {
        handle: dice.choice(range(1, len(page.tiers) + 1)) if handle in paid else 0
        for handle, page in chosen.items()
    }


def _draw_of(handle: str) -> float:
    """Some are known to many, most to some."""
    return 6 if handle == people.CREATOR.handle else 1 / Random(f"draw of {handle}").uniform(0.25, 2)  # noqa: S311
