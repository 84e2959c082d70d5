"""Which weaknesses are published of what this house runs on, and by when a release has to follow.

    python -m workers.weaknesses [--source https://api.osv.dev]

Asks OSV, which gathers what PyPI, GitHub and others publish, about every version that is pinned here. Ends
with 0 when nothing is overdue, with 1 when a release is, with 2 when nobody answered.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

SOURCE = "https://api.osv.dev"
TIMEOUT_SECONDS = 30
PINNED = "requirements.txt", "constraints.txt"
VENDORED = Path("static/vendor/README.md")
SCRIPT = re.compile(r"^\| `[^`]+`.*?\| (?:icons of )?`([^`]+)` ([\d.]+)", re.M)
# Days until a release follows, as docs/security.md promises; the worst first. What is not rated may be bad.
DAYS = {"critical": 3, "high": 14, "moderate": 60, "low": 60, "unrated": 14}
# What was looked at and does not touch this house: its id, and why.
NO_CONCERN: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Library:
    ecosystem: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Weakness:
    library: Library
    # The same one has a name of each who published it.
    names: frozenset[str]
    rating: str
    published: datetime
    fixed_in: tuple[str, ...]

    @property
    def due(self) -> datetime:
        return self.published + timedelta(days=DAYS[self.rating])

    def told(self, now: datetime) -> str:
        fixed = f"fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "not fixed yet"
        due = "OVERDUE since" if self.due < now else "due by"
        return (
            f"{self.library.name} {self.library.version}: {', '.join(sorted(self.names))}: {self.rating}, "
            f"published {self.published:%Y-%m-%d}, {fixed}, {due} {self.due:%Y-%m-%d}"
        )


def inventory(folder: Path = Path()) -> list[Library]:
    """All that is pinned: what runs, what tests need, what is vendored."""
    pinned = {
        Library("PyPI", name, version)
        for file in PINNED
        for line in (folder / file).read_text().splitlines()
        if line and not line.startswith("#")
        for name, _, version in [line.partition("==")]
    }
    vendored = SCRIPT.findall((folder / VENDORED).read_text())
    return sorted(pinned | {Library("npm", *one) for one in vendored}, key=lambda one: one.name)


class Source:
    """Speaks OSV's protocol: which ones by version, in one question, and then each by its name."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")

    def published(self, libraries: Iterable[Library]) -> Iterator[tuple[Library, dict[str, Any]]]:
        open_questions = [(library, "") for library in libraries]
        while open_questions:
            queries = [_query(library, page) for library, page in open_questions]
            answers = self._asked("/v1/querybatch", {"queries": queries})["results"]
            asked, open_questions = open_questions, []
            for (library, _), answer in zip(asked, answers, strict=True):
                for found in answer.get("vulns", ()):
                    yield library, self._asked(f"/v1/vulns/{quote(found['id'])}")
                if following := answer.get("next_page_token"):
                    open_questions.append((library, following))

    def _asked(self, path: str, content: object = None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        request = Request(self._address + path, body, {"Content-Type": "application/json"})  # noqa: S310 - see main
        with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - see main
            return json.load(answer)


def _query(library: Library, page: str) -> dict[str, object]:
    query: dict[str, object] = {
        "package": {"ecosystem": library.ecosystem, "name": library.name},
        "version": library.version,
    }
    return query | ({"page_token": page} if page else {})


def weaknesses(source: Source, libraries: Iterable[Library]) -> list[Weakness]:
    found: list[Weakness] = []
    for library, record in source.published(libraries):
        if not record.get("withdrawn"):
            _add(found, _read(library, record))
    return sorted(found, key=lambda one: one.due)


def _read(library: Library, record: Mapping[str, Any]) -> Weakness:
    ours = [
        one
        for one in record.get("affected", ())
        if one["package"]["ecosystem"] == library.ecosystem
        and _plain(one["package"]["name"]) == _plain(library.name)
    ]
    # Beside versions there may be commits, which mean nothing to whoever pins a version.
    ranges = [part for one in ours for part in one.get("ranges", ()) if part["type"] != "GIT"]
    fixed = dict.fromkeys(event["fixed"] for part in ranges for event in part["events"] if "fixed" in event)
    rated = str(record.get("database_specific", {}).get("severity")).lower()
    return Weakness(
        library,
        frozenset({record["id"], *record.get("aliases", ())}),
        rated if rated in DAYS else "unrated",
        datetime.fromisoformat(record.get("published") or record["modified"]).astimezone(UTC),
        tuple(fixed),
    )


def _add(known: list[Weakness], new: Weakness) -> None:
    """Two who publish the same are one: by who came first, and as bad as the worse of them says."""
    for one in [one for one in known if one.library == new.library and one.names & new.names]:
        known.remove(one)
        new = Weakness(
            new.library,
            new.names | one.names,
            min(new.rating, one.rating, key=tuple(DAYS).index),
            min(new.published, one.published),
            tuple(dict.fromkeys(one.fixed_in + new.fixed_in)),
        )
    known.append(new)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def tell(found: Iterable[Weakness], now: datetime, no_concern: Mapping[str, str]) -> int:
    """How many are overdue."""
    overdue = 0
    for one in found:
        reasons = [no_concern[name] for name in sorted(one.names) if name in no_concern]
        print(one.told(now), *(f"but no concern here: {reason}" for reason in reasons), sep="\n    ")
        overdue += not reasons and one.due < now
    return overdue


def main(arguments: list[str] | None = None, no_concern: Mapping[str, str] = NO_CONCERN) -> int:
    parser = argparse.ArgumentParser(
        prog="workers.weaknesses", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--source", default=SOURCE, help="who is asked, in the way of OSV")
    address = str(parser.parse_args(arguments).source)
    if not address.startswith(("https://", "http://127.0.0.1:")):
        parser.error("--source is https://...")
    libraries = inventory()
    try:
        found = weaknesses(Source(address), libraries)
    except (OSError, HTTPException, ValueError, LookupError, TypeError) as error:
        print(f"{address} gave no answer that can be read: {error!r}", file=sys.stderr)
        return 2
    overdue = tell(found, datetime.now(UTC), no_concern)
    print(
        f"{len(libraries)} libraries, {len(found)} published weaknesses, {overdue} overdue (docs/security.md)"
    )
    return 1 if overdue else 0


if __name__ == "__main__":
    sys.exit(main())
