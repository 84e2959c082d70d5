"""What people type, made safe to keep and to show beside other people's words.

Names may be in any script. What cannot be seen, or turns the words around it, is left out.
"""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit

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
KANA = "\u3040-\u30ff"
# Their vowels and tones are marks, which make another word; on any other letter a mark is decoration.
WRITTEN_WITH_MARKS = "\u0900-\u109f\u1780-\u17ff"
# Thai, Lao, Myanmar, Khmer, Japanese and Chinese set no spaces between words.
UNSPACED = re.compile(
    f"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3007{KANA}\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
UNSPACED_RUN = re.compile(f"{UNSPACED.pattern}+")
NOT_KANA = re.compile(f"[^{KANA}]+")
VARIATION = re.compile("[\ufe00-\ufe0f]")
MARKED = re.compile(f"[{WRITTEN_WITH_MARKS}]")
# Cyrillic and Greek letters, and the dotless i, beside the Latin ones that they are taken for.
TWINS = str.maketrans(
    "\u0430\u0432\u0435\u0456\u043a\u043c\u043d\u043e\u0440\u0441"
    "\u0442\u0443\u0445\u0455\u0458\u04bb\u0501\u051b\u051d\u0475"
    "\u03b1\u03b2\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u0131_",
    "abeikmhopctyxsjhdqwvabeikvoptuxi ",
)


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


def folded(text: str) -> str:
    """To compare words, never to show them: what looks the same is the same."""
    seen = INVISIBLE.sub("", VARIATION.sub("", text))
    seen = "".join(sign for sign in seen if unicodedata.category(sign) != "Cf")
    plain = _taken_apart(_undecorated(_taken_apart(seen)))
    return " ".join(plain.casefold().translate(TWINS).split())


def whole_tags(html: str) -> str:
    """HTML that was cut anywhere, without the tag that it may end in the middle of."""
    before, opened, last = html.rpartition("<")
    return before if opened and ">" not in last else html


def web_host(address: str) -> str | None:
    """Where it leads; None for what is no address on the web, or is read by browsers in another way."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    odd = "\\" in address or any(sign.isspace() or not sign.isprintable() for sign in address)
    if odd or parts.scheme not in {"http", "https"} or any(sign in parts.netloc for sign in "@%"):
        return None
    return host if host and "." in host.strip(".") else None


def by_pairs(text: str) -> str:
    """For a search by words: where no spaces are set, every two letters are one, and the last by itself."""

    def pairs(run: re.Match[str]) -> str:
        return f" {' '.join(run[0][at : at + 2] for at in range(len(run[0])))} "

    return UNSPACED_RUN.sub(pairs, text)


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


def _taken_apart(text: str) -> str:
    """But for Japanese, where a mark makes another letter."""
    composed = unicodedata.normalize("NFKC", text)
    return NOT_KANA.sub(lambda run: unicodedata.normalize("NFKD", run[0]), composed)


def _undecorated(text: str) -> str:
    kept, letter = "", ""
    for sign in text:
        category = unicodedata.category(sign)
        letter = letter if category[0] == "M" else sign
        if category not in {"Mn", "Me"} or (MARKED.match(letter) and MARKED.match(sign)):
            kept += sign
    return kept


def _without_towers(text: str) -> str:
    kept, height = [], 0
    for sign in text:
        height = height + 1 if unicodedata.category(sign) in {"Mn", "Me"} else 0
        if height <= MARKS_AT_MOST:
            kept.append(sign)
    return "".join(kept)


def has_any(body: str, words: Iterable[str]) -> bool:
    """Whole words, however they are dressed up; anywhere, in scripts that set no spaces between words."""
    wanted = [folded(word) for word in words]
    if not wanted:
        return False
    said = folded(body)
    return any(_stands_in(said, word) for word in wanted)


def _stands_in(said: str, word: str) -> bool:
    if not word or UNSPACED.search(word):
        return bool(word) and word in said
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", said) is not None
