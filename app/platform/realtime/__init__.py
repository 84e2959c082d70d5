"""Live pages: what the web and the workers say to open pages, and how a page proves whose it is.

    realtime.push_user(user_id, "notification", {"html": html})      after the commit, to every page of theirs
    realtime.topic("conversation", may_read)                         who may listen to `conversation:<id>`
    realtime.bundle("feed", topics_of)                               one word of a page for many topics
    realtime.push_topic("conversation:<id>", "message", {"html": html})

The process that holds the sockets is server.py and what it imports; nothing here needs it.
"""

from app.platform.realtime.push import push_topic, push_user
from app.platform.realtime.topics import bundle, topic

__all__ = ["bundle", "push_topic", "push_user", "topic"]
