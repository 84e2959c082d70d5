"""The two parts of a mail, from the same Markdown: tokens with buttons for HTML, lines for text."""

import textwrap
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

WIDTH = 72


def with_buttons(tokens: list[Token]) -> list[Token]:
    """A paragraph that is nothing but a link is what the reader came for."""
    for token in tokens:
        if token.type == "inline" and _only_link(token.children or []):
            assert token.children
            token.children[0].attrSet("class", "button")
    return tokens


def buttons(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    for token in tokens:
        children = token.children or []
        if token.type == "inline" and _only_link(children):
            yield "".join(child.content for child in children), str(children[0].attrs["href"])


def _only_link(children: Sequence[Token]) -> bool:
    types = [child.type for child in children]
    return types[:1] == ["link_open"] and types[-1:] == ["link_close"] and types.count("link_open") == 1


def readable(tokens: Sequence[Token], site_name: str, address: str) -> str:
    """What a person reads who sees no HTML: wrapped lines, addresses on lines of their own."""
    blocks = [*_blocks(tokens), f"-- \n{site_name}\n{address}"]
    return "\n\n".join(blocks) + "\n"


def _blocks(tokens: Sequence[Token]) -> Iterator[str]:
    mark, items = "", []
    for token in tokens:
        if token.type == "list_item_open":
            mark = f"{token.info}. " if token.info else "- "
        elif token.type == "inline" and mark:
            items.append(_wrapped(_words(token.children or []), mark))
        elif token.type == "inline":
            yield _wrapped(_words(token.children or []), "")
        elif token.type.endswith("_list_close"):
            yield "\n".join(items)
            mark, items = "", []


def _wrapped(words: str, mark: str) -> str:
    lines = []
    for index, line in enumerate(words.split("\n")):
        lines += textwrap.wrap(
            line,
            WIDTH,
            initial_indent=mark if index == 0 else " " * len(mark),
            subsequent_indent=" " * len(mark),
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(lines)


def _words(children: Sequence[Token]) -> str:
    words, target = "", ""
    for child in children:
        if child.type in {"softbreak", "hardbreak"}:
            words += " " if child.type == "softbreak" else "\n"
        elif child.type == "link_open":
            target = str(child.attrs["href"])
        elif child.type == "link_close":
            words += f":\n{target}\n"
        else:
            words += child.content
    return words.replace("\n ", "\n").strip()
