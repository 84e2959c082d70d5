"""A creator's posts as RSS, for feed readers and podcast players."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

from markupsafe import Markup

from app.entitlements.rules import Decision
from app.media.shown import Described, best
from app.posts.card import Card, gate_words

NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
}
CONTENT_TYPE = "application/rss+xml; charset=utf-8"
# What no XML document may hold, not even escaped.
NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
INSIDE = re.compile(r'((?:href|src)=")/(?!/)')
TITLE, TEASER = 80, 400
# Our shelves in the words of the directories of podcasts.
SHELVES = {
    "art": "Arts",
    "photography": "Arts",
    "music": "Music",
    "writing": "Arts",
    "film": "TV & Film",
    "comics": "Arts",
    "games": "Leisure",
    "craft": "Leisure",
    "food": "Arts",
    "fitness": "Health & Fitness",
    "travel": "Society & Culture",
    "science": "Science",
    "technology": "Technology",
    "learning": "Education",
    "nature": "Science",
}
OTHERWISE = "Society & Culture"

# Where those who read the feed find a file of a post.
AddressOf = Callable[[Card, Described, str], str]

for prefix, uri in NAMESPACES.items():
    ET.register_namespace(prefix, uri)


@dataclass(frozen=True, slots=True)
class Channel:
    title: str
    description: str
    # The page that it is of, and where it is itself.
    page: str
    here: str
    author: str = ""
    picture: str | None = None
    category: str = OTHERWISE
    adult: bool = False
    # For one person: directories of podcasts leave it out.
    private: bool = False


@dataclass(frozen=True, slots=True)
class Enclosure:
    address: str
    bytes: int
    type: str
    ms: int | None


@dataclass(frozen=True, slots=True)
class Item:
    id: UUID
    title: str
    address: str
    published_at: datetime
    teaser: str
    html: str
    enclosure: Enclosure | None
    adult: bool


def item(card: Card, decision: Decision, body_html: str, origin: str, address_of: AddressOf) -> Item:
    """What is locked is told of, and what opens it."""
    words = _plain(body_html if decision.open else "") or card.teaser
    if decision.open:
        html = INSIDE.sub(rf"\1{origin}/", body_html) + _media(card, address_of)
        enclosure = _enclosure(card, address_of)
    else:
        what, how = gate_words(card, decision)
        html = Markup("<p>{}</p><p><strong>{}</strong> {}</p>").format(card.teaser, what, how)
        enclosure = None
    return Item(
        card.id,
        card.title or _shortened(words, TITLE) or f"{card.published_at:%-d %B %Y}",
        origin + card.href,
        card.published_at,
        _shortened(words, TEASER),
        html,
        enclosure,
        card.adult,
    )


def render(channel: Channel, items: Sequence[Item]) -> bytes:
    rss = ET.Element("rss", version="2.0")
    top = ET.SubElement(rss, "channel")
    _add(top, "title", channel.title)
    _add(top, "link", channel.page)
    _add(top, "description", channel.description)
    _add(top, "atom:link", rel="self", type="application/rss+xml", href=channel.here)
    if items:
        _add(top, "lastBuildDate", format_datetime(max(one.published_at for one in items)))
    if channel.picture:
        picture = ET.SubElement(top, "image")
        _add(picture, "url", channel.picture)
        _add(picture, "title", channel.title)
        _add(picture, "link", channel.page)
        _add(top, "itunes:image", href=channel.picture)
    if channel.author:
        _add(top, "itunes:author", channel.author)
    _add(top, "itunes:category", text=channel.category)
    _add(top, "itunes:explicit", _yes(channel.adult))
    if channel.private:
        _add(top, "itunes:block", "Yes")
    for one in items:
        _add_item(top, one)
    ET.indent(rss)
    return bytes(ET.tostring(rss, encoding="utf-8", xml_declaration=True))


def _add_item(top: ET.Element, one: Item) -> None:
    entry = ET.SubElement(top, "item")
    _add(entry, "title", one.title)
    _add(entry, "link", one.address)
    _add(entry, "guid", f"urn:uuid:{one.id}", isPermaLink="false")
    _add(entry, "pubDate", format_datetime(one.published_at))
    _add(entry, "description", one.teaser)
    _add(entry, "content:encoded", one.html)
    _add(entry, "itunes:explicit", _yes(one.adult))
    if one.enclosure:
        told = one.enclosure
        _add(entry, "enclosure", url=told.address, length=str(told.bytes), type=told.type)
        if told.ms:
            _add(entry, "itunes:duration", str(round(told.ms / 1000)))


def _add(parent: ET.Element, tag: str, words: str = "", **attributes: Any) -> None:
    prefix, _, name = tag.rpartition(":")
    full = f"{{{NAMESPACES[prefix]}}}{name}" if prefix else name
    said = {key: _valid(value) for key, value in attributes.items()}
    ET.SubElement(parent, full, said).text = _valid(words) or None


def _valid(words: str) -> str:
    return NO_XML.sub("", words)


def _yes(really: bool) -> str:
    return "true" if really else "false"


def _enclosure(card: Card, address_of: AddressOf) -> Enclosure | None:
    """One a post: what players play. A sound comes before a film."""
    for name in ("audio", "mp4"):
        for one in card.media:
            if file := one["names"].get(name):
                address = address_of(card, one, name)
                return Enclosure(address, file["bytes"], file["type"], one["ms"])
    return None


def _media(card: Card, address_of: AddressOf) -> str:
    return "".join(_medium(card, one, address_of) for one in card.media)


def _medium(card: Card, one: Described, address_of: AddressOf) -> str:
    name = best(one, 800)
    if one["kind"] == "image" and name:
        shape = one["names"][name]
        return Markup('<p><img src="{}" alt="{}" width="{}" height="{}"></p>').format(
            address_of(card, one, name), one["alt"], shape["w"], shape["h"]
        )
    played = "audio" if one["kind"] == "audio" else "mp4"
    if played not in one["names"]:
        return ""
    words = one["alt"] or ("Listen" if played == "audio" else "Watch")
    return Markup('<p><a href="{}">{}</a></p>').format(address_of(card, one, played), words)


def _plain(html: str) -> str:
    return " ".join(Markup(html.replace("<", " <")).striptags().split())  # noqa: S704 - its text alone is used


def _shortened(words: str, most: int) -> str:
    if len(words) <= most:
        return words
    return f"{words[:most].rpartition(' ')[0] or words[:most]}…"
