"""What people type, made safe to keep and to show beside other people's words.

Names may be in any script. What cannot be seen, or turns the words around it, is left out.
"""

import re
import unicodedata

# Marks of direction, fillers, separators and tags that show nothing of their own.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u2800\u3164\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]"
)
# Joiners shape Persian and Indic words and emoji; anywhere but between two signs they only hide.
JOINERS = "\u200c\u200d"
LOOSE_JOINER = re.compile(f"(?<![^\\s{JOINERS}])[{JOINERS}]+|[{JOINERS}]+(?=[\\s{JOINERS}]|$)")
# Some scripts stack a few marks on a letter; towers of them reach into the neighbours' lines.
MARKS_AT_MOST = 4


def clean_line(text: str | None) -> str:
    """One line: whitespace of every kind becomes single spaces."""
    return " ".join(_visible(text or "", keep="").split())


def clean_text(text: str | None, *, blank_lines: int = 1) -> str:
    """Several lines, without trailing spaces and without deserts between paragraphs."""
    lines = _visible((text or "").replace("\r\n", "\n").replace("\r", "\n"), keep="\n").split("\n")
    joined = "\n".join(" ".join(line.split()) for line in lines).strip()
    return re.sub(rf"\n{{{blank_lines + 2},}}", "\n" * (blank_lines + 1), joined)


def clean_prose(text: str | None) -> str:
    """Markdown, where spaces before and between words, and blank lines, mean something."""
    lines = _visible((text or "").replace("\r\n", "\n").replace("\r", "\n").expandtabs(4), keep="\n")
    return "\n".join(line.rstrip() for line in lines.split("\n")).strip("\n")


def shortened(text: str, most: int) -> str:
    """How it begins, with dots for the rest. Between two words, in scripts that set them apart."""
    if len(text) <= most:
        return text
    begins = text[:most]
    words = begins.rpartition(" ")[0]
    return f"{words if 2 * len(words) > most else begins.rstrip(JOINERS)}…"


def has_substance(text: str) -> bool:
    """Whether there is anything to see in it."""
    return any(unicodedata.category(sign)[0] in "LNPS" for sign in text)


def _visible(text: str, *, keep: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    spaced = "".join(_sign(sign, keep) for sign in composed)
    return LOOSE_JOINER.sub("", _without_towers(INVISIBLE.sub("", spaced)))


def _sign(sign: str, keep: str) -> str:
    if sign in keep:
        return sign
    match unicodedata.category(sign):
        case "Cc":
            return " " if sign in "\t\n\v\f\r\x85" else ""
        case "Cs" | "Co":
            return ""
        case _:
            return sign


def _without_towers(text: str) -> str:
    kept, height = [], 0
    for sign in text:
        height = height + 1 if unicodedata.category(sign) in {"Mn", "Me"} else 0
        if height <= MARKS_AT_MOST:
            kept.append(sign)
    return "".join(kept)
