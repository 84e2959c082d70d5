"""What the realtime process counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.process_collector import ProcessCollector

registry = CollectorRegistry()
ProcessCollector(registry=registry)

sockets = Gauge("fanlight_sockets", "Open sockets with a ticket", registry=registry)
strangers = Gauge("fanlight_sockets_without_hello", "Open sockets without a ticket yet", registry=registry)
blind = Gauge("fanlight_realtime_blind", "1 while it cannot see whose access ended", registry=registry)
messages = Counter("fanlight_socket_messages", "Messages", ["direction"], registry=registry)
closes = Counter("fanlight_socket_closes", "Sockets closed by us", ["code"], registry=registry)
