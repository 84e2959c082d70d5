"""The realtime process: its server, what it listens to, what it does in turn, and its end."""

import logging
import resource
import signal
import socket
from collections.abc import Callable
from time import monotonic

import gevent
from gevent.event import Event

from app.config import Settings
from app.platform import signals
from app.platform.realtime import presence, push
from app.platform.realtime.codes import Close
from app.platform.realtime.counting import EVERY, Counting
from app.platform.realtime.front import Front
from app.platform.realtime.hub import Hub
from app.platform.realtime.limits import Limits
from app.platform.realtime.presence import Presence
from app.platform.realtime.readers import Readers
from app.platform.realtime.server import LiveServer
from app.platform.realtime.watch import Watch
from app.platform.subscription import listen
from app.platform.watching.beating import EVERY_SECONDS, Beating

log = logging.getLogger("fanlight.realtime")

BACKLOG = 2_048
SPARE_DESCRIPTORS = 300
DESCRIPTORS_A_SOCKET = 2
LOOK_AROUND = 0.25
ENDS_WITHIN = 4.0


def run(settings: Settings, limits: Limits) -> None:
    """Until SIGTERM or SIGINT."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stop.set)
    hub, readers, room = Hub(limits), Readers(), room_for(settings.max_sockets)
    watch = Watch(settings.direct_url, hub.end, limits)
    app = Front(settings, hub, readers, room).make_app()
    server = LiveServer(listener(settings, limits), app, limits, room)
    _start_duties(settings, hub, watch)
    server.start()
    log.info("listening", extra={"port": settings.ws_port, "room": room})
    stop.wait()
    server.close()
    _say_goodbye(hub, readers)


def _start_duties(settings: Settings, hub: Hub, watch: Watch) -> None:
    here = Presence(settings.redis_url, hub)
    channels = {
        signals.CHANNEL: hub.end_notice,
        push.CHANNEL: hub.deliver,
        presence.CHANNEL: here.hear_left,
    }
    gevent.spawn(watch.run)
    gevent.spawn(listen, settings.redis_url, channels, hub.may_have_missed)
    _every(LOOK_AROUND, lambda: hub.set_blind(watch.blind))
    _every(hub.limits.look_every, hub.end_expired)
    _every(hub.check_every, hub.check_some)
    _every(hub.limits.online_soon, here.note_moved)
    _every(hub.limits.online_every, here.note_all)
    _every(EVERY, Counting(hub, settings.redis_url).tell)
    beating = Beating("realtime", settings, hub.__len__)
    # In a native thread, as the watch: libpq waits where gevent cannot see it.
    gevent.spawn(gevent.get_hub().threadpool.apply, beating.beat)
    _every(EVERY_SECONDS, lambda: gevent.get_hub().threadpool.apply(beating.beat))


def _every(seconds: float, action: Callable[[], None]) -> None:
    def repeat() -> None:
        while True:
            gevent.sleep(seconds)
            try:
                action()
            except Exception:
                # A duty that failed once is still a duty: closing sockets is among them.
                log.exception("a duty failed")

    gevent.spawn(repeat)


def _say_goodbye(hub: Hub, readers: Readers) -> None:
    """Everybody is told; who does not answer is left behind."""
    deadline = monotonic() + ENDS_WITHIN
    hub.close_all(Close.GOING_AWAY)
    while readers.count and monotonic() < deadline:
        gevent.sleep(LOOK_AROUND / 5)
    log.info("stopped", extra={"left_behind": readers.count})


def listener(settings: Settings, limits: Limits) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    opened = socket.create_server((settings.host, settings.ws_port), family=family, backlog=BACKLOG)
    # Every accepted socket inherits both.
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.send_buffer)
    return opened


def room_for(wanted: int) -> int:
    """As many sockets as there are descriptors for: without one the server would stall, not refuse."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = max(soft, wanted * DESCRIPTORS_A_SOCKET + SPARE_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    room = min(wanted, (hard - SPARE_DESCRIPTORS) // DESCRIPTORS_A_SOCKET)
    if room < wanted:
        log.warning("fewer sockets than MAX_SOCKETS", extra={"room": room, "descriptors": hard})
    return room
