"""What the realtime process counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.process_collector import ProcessCollector

registry = CollectorRegistry()
ProcessCollector(registry=registry)

sockets = Gauge("fanlight_sockets", "Open sockets with a ticket", registry=registry)
strangers = Gauge("fanlight_sockets_without_hello", "Open sockets without a ticket yet", registry=registry)
blind = Gauge("fanlight_realtime_blind", "1 while it cannot see whose access ended", registry=registry)
messages = Counter("fanlight_socket_messages", "Messages", ["direction"], registry=registry)
closes = Counter("fanlight_socket_closes", "Sockets closed by us", ["code"], registry=registry)
# From the moment that something was said until all who listen here were sent it.
fanout = Histogram(
    "fanlight_fanout_seconds",
    "Time until open pages were sent something",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0),
    registry=registry,
)
