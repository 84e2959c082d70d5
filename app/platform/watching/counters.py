"""What a process counts as it happens. Labels are names of ours only, so that series are a bounded number."""

from prometheus_client import Counter, Gauge, Histogram

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter("fanlight_requests", "Requests answered.", ["endpoint", "method", "status"])
SECONDS = Histogram("fanlight_request_seconds", "Time to an answer.", ["endpoint"], buckets=BUCKETS)

QUERIES = Counter("fanlight_queries", "Statements sent to the database by requests.")
QUERY_SECONDS = Counter("fanlight_query_seconds", "Time that requests waited for the database.")
SLOW_QUERIES = Counter("fanlight_slow_queries", "Statements that took longer than SLOW_QUERY_MS.")

POOL = Gauge(
    "fanlight_database_connections_in_use", "Connections taken out of the pool.", multiprocess_mode="livesum"
)
POOL_ROOM = Gauge(
    "fanlight_database_connections_room", "Connections that the pool may have.", multiprocess_mode="livesum"
)
POOL_WAITS = Counter("fanlight_database_pool_waits", "Times that somebody found the pool empty.")
POOL_WAIT_SECONDS = Counter("fanlight_database_pool_wait_seconds", "Time waited for a connection.")
POOL_TIMEOUTS = Counter("fanlight_database_pool_timeouts", "Times that nobody gave one back in time.")

REDIS_ERRORS = Counter("fanlight_redis_errors", "Questions that Redis did not answer.")
CARDS = Counter("fanlight_cards", "Cards of lists, by where they came from.", ["source"])
NEAR, FAR, RENDERED = (CARDS.labels(source) for source in ("process", "redis", "rendered"))
