"""What one socket may do, and for how long. Tests shorten the times."""

from dataclasses import dataclass

KILOBYTE = 1024


@dataclass(frozen=True, slots=True)
class Limits:
    # Seconds.
    headers_within: float = 10.0
    hello_within: float = 5.0
    ping_every: float = 25.0
    idle_after: float = 60.0
    # A reader that cannot take what waits for it within this is let go.
    drained_within: float = 25.0
    # How long the other side may take to answer a close.
    close_within: float = 2.0
    look_every: float = 2.0
    blind_after: float = 4.5
    # How soon it is noted that somebody came or left, how often that they are here, and how long that holds.
    online_soon: float = 0.2
    online_every: float = 20.0
    online_for: int = 50

    message_bytes: int = 16 * KILOBYTE
    messages: int = 20
    messages_per: float = 5.0
    # A socket that keeps us reading more than this is read slower.
    reads: int = 40
    reads_per: float = 2.0
    waiting_bytes: int = 256 * KILOBYTE
    waiting_frames: int = 100
    # Kernel memory for what one slow reader has not taken yet.
    send_buffer: int = 64 * KILOBYTE
    sockets_a_person: int = 40
    without_hello: int = 2_000
