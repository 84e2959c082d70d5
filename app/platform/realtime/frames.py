"""What goes over the wire: the same bytes for every socket, so that they are made once for all."""

from wsproto.frame_protocol import FrameProtocol

_protocol = FrameProtocol(client=False, extensions=[])

PING = bytes(_protocol.ping())


def text(message: str) -> bytes:
    return bytes(_protocol.send_data(message))
