"""What a line says: of the people who did it, and the words that were kept with it."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from app.notifications.kinds import Event

SOMEBODY = "Somebody"


def people(names: Sequence[str], count: int) -> str:
    """ "Mara", "Mara and Ben", "Mara and 11 others": the latest first, and only those who are still there."""
    first = names[0] if names else SOMEBODY
    if count <= 1:
        return first
    if count == 2 and len(names) > 1:
        return f"{first} and {names[1]}"
    return f"{first} and {count - 1} other{'s' if count > 2 else ''}"


def plain(event: Event, words: Mapping[str, str], names: Sequence[str], count: int = 1) -> str:
    return event.sentence(count).format(actors=people(names, count), **_words(event, words))


def marked(event: Event, words: Mapping[str, str], names: Sequence[str], count: int = 1) -> Markup:
    """The people in bold, and each name in its own direction of writing, whatever stands beside it."""
    apart = [str(Markup("<bdi>{}</bdi>").format(name)) for name in names]
    who = Markup(f"<b>{people(apart, count)}</b>")  # noqa: S704 - each name is escaped
    said = {name: Markup("<bdi>{}</bdi>").format(word) for name, word in _words(event, words).items()}
    return Markup(event.sentence(count)).format(actors=who, **said)  # noqa: S704 - a sentence of ours


def _words(event: Event, words: Mapping[str, str]) -> dict[str, str]:
    """Also for lines that were written before their sentence asked for another word."""
    return {name: words.get(name, "") for name in event.words}
