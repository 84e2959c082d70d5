"""Live pages: what the web and the workers say to open pages, and how a page proves whose it is.

    realtime.push_user(user_id, "notification", {"html": html})      after the commit, to every page of theirs
    realtime.topic("room", may_listen)                               who may hear `room:<id>`, how long
    realtime.bundle("feed", topics_of)                               one word of a page for many topics
    realtime.push_topic("room:<id>", "message", {"html": html})
    realtime.present("room:<id>")                                    how many listen, where that is counted

The process that holds the sockets is server.py and what it imports; nothing here needs it.
"""

from app.platform.realtime.present import present
from app.platform.realtime.push import push_topic, push_user
from app.platform.realtime.topics import Hearing, bundle, topic

__all__ = ["Hearing", "bundle", "present", "push_topic", "push_user", "topic"]
