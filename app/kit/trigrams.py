"""Groups of three letters: what two spellings of a name have in common, in any script."""

import unicodedata

# A name and a handle have fewer; a question of thousands of them would only cost.
MOST = 120


def folded(text: str) -> str:
    """As people mean it: without case, accents and widths of letters."""
    bare = (sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return unicodedata.normalize("NFKC", "".join(bare)).casefold()


def trigrams(text: str) -> list[str]:
    """Each once, in order. A space stands for where a word begins or ends."""
    found: dict[str, None] = {}
    for word in _words(folded(text)):
        padded = f" {word} "
        found.update(dict.fromkeys(padded[at : at + 3] for at in range(max(1, len(padded) - 2))))
    return list(found)[:MOST]


def _words(text: str) -> list[str]:
    return "".join(sign if _counts(sign) else " " for sign in text).split()


def _counts(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LNM" or unicodedata.category(sign) == "So"
