"""Why a socket is closed, in the protocol's numbers and in plain words."""

from enum import Enum


class Close(Enum):
    GOING_AWAY = 1001, "The server restarts. Connect again in a moment."
    TOO_BIG = 1009, "That message is too big."
    FAILED = 1011, "Something went wrong here. Connect again in a moment."
    TRY_AGAIN = 1013, "The server cannot check who is signed in. Connect again in a moment."
    NOT_UNDERSTOOD = 4400, "That message was not understood."
    NO_TICKET = 4401, "No valid ticket. Get a fresh one and connect again."
    ENDED = 4403, "This session has ended."
    TOO_SLOW = 4408, "You read too slowly to keep up."
    TOO_MANY = 4429, "Too many messages in a short time."
    TOO_MANY_PAGES = 4430, "Too many open pages."
    IDLE = 4440, "Nothing was heard from you for a while."

    @property
    def code(self) -> int:
        return self.value[0]

    @property
    def reason(self) -> str:
        return self.value[1]
