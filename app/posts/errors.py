"""How posts' operations say no."""

from app.platform.errors import Conflict, Refused


class SavedElsewhere(Conflict):
    code = "saved_elsewhere"

    def __init__(self) -> None:
        super().__init__(
            "This post was saved in another window meanwhile. Both texts are here: choose which one goes on."
        )


class PollHasVotes(Refused):
    def __init__(self) -> None:
        super().__init__(
            "People have voted: the question and its options stay. You can change when it closes.",
            "poll_question",
        )


class PollOver(Refused):
    def __init__(self) -> None:
        super().__init__(
            "That moment has passed, so nobody could vote. Choose a later one, or none.", "poll_closes_at"
        )


class PinnedEnough(Refused):
    def __init__(self, most: int) -> None:
        super().__init__(f"{most} posts are pinned already. Unpin one of them first.")


class NotNow(Refused):
    """A button of an old page: the post is in another state by now."""

    status = 409

    def __init__(self) -> None:
        super().__init__("This post has changed since the page was opened. Reload it and look again.")


class ReadByBuyers(Refused):
    """They read it while nobody else does, and it says one thing at a time."""

    def __init__(self) -> None:
        super().__init__(
            "Whoever bought this reads it now, too, and would read what you changed before its time. "
            "Publish it then, or schedule it as it was. What you typed is still here."
        )


class Locked(Refused):
    """It may be known, but it is not open to this person."""

    status = 403
    code = "locked"

    def __init__(self) -> None:
        super().__init__("This post is not open to you yet. Its page says what opens it.")


class Silent(Refused):
    """This person may not comment there."""

    status = 403
    code = "silent"


class AlreadyOpen(Conflict):
    code = "already_open"

    def __init__(self) -> None:
        super().__init__("This post is open to you already.")


class NotForSale(Conflict):
    code = "not_for_sale"

    def __init__(self) -> None:
        super().__init__("This post is not sold by itself at the moment.")


class TooYoung(Refused):
    status = 403
    code = "too_young"

    def __init__(self) -> None:
        super().__init__("This post is for adults.")


class BadVote(Refused):
    def __init__(self, message: str) -> None:
        super().__init__(message, "option")
