"""Who may comment, which words wait for the creator, whom a comment names."""

import re
from collections.abc import Iterable, Sequence
from uuid import UUID

from markupsafe import Markup, escape

from app.entitlements.rules import Holding, Kind
from app.posts.card import Author, Seen

CLOSE = {
    "followers": frozenset({Kind.FOLLOW, Kind.SUBSCRIPTION, Kind.GIFT, Kind.STAFF}),
    "subscribers": frozenset({Kind.SUBSCRIPTION, Kind.GIFT, Kind.STAFF}),
}
MENTION = re.compile(r"(?<![\w@/.])@([a-z0-9_]{3,30})(?![\w@])", re.IGNORECASE | re.ASCII)
MENTIONS_MAX = 10
SIGN_IN = "Sign in to comment."


def why_silent(comments_from: str, seen: Seen, creator: Author, holdings: Iterable[Holding]) -> str | None:
    """None for whoever may comment."""
    if not seen.open:
        return "Comments open with the post."
    if seen.mine:
        return None
    if comments_from == "nobody":
        return f"{creator.display_name} has closed comments."
    if seen.viewer_id is None:
        return SIGN_IN
    if comments_from == "everyone" or _close(comments_from, creator.id, holdings):
        return None
    return f"Comments are for {comments_from} of {creator.display_name}."


def mentioned(body: str) -> list[str]:
    """The handles that stand in it, each once, in lower case."""
    return list(dict.fromkeys(found.lower() for found in MENTION.findall(body)))[:MENTIONS_MAX]


def linked(body: str, handles: Sequence[str]) -> Markup:
    """As it was typed, the people it names linked. Only those who were there when it was written."""
    known = {handle.lower() for handle in handles}

    def link(found: re.Match[str]) -> str:
        handle = found[1]
        return f'<a class="link" href="/@{handle}">@{handle}</a>' if handle.lower() in known else found[0]

    return Markup(MENTION.sub(link, str(escape(body))))  # noqa: S704 - escaped; a handle has no markup


def _close(comments_from: str, creator_id: UUID, holdings: Iterable[Holding]) -> bool:
    return any(
        holding.scope_id == creator_id and holding.kind in CLOSE[comments_from] for holding in holdings
    )
