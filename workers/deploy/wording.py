"""What a migration must not say in SQL, and which tables are big."""

import re

# Those that a busy house has many rows of: one statement over all of them holds its locks for too long.
TABLES = """
    access_ended audit_log audit_unsealed bookmarks broadcast_recipients comments conversation_members
    conversations follows grants idempotency_keys inbox invoice_lines invoices ledger_accounts ledger_balances
    ledger_entries ledger_holds ledger_legs likes mails media message_reactions messages notification_actors
    notification_deliveries notifications outbox parcel_media parcels payment_attempts payments poll_votes
    post_media posts provider_entries push_notices room_messages room_people sessions subscription_events
    subscriptions tips users welcomed work_items
"""
BIG = frozenset(TABLES.split())
# The mark of a migration that takes away what an earlier release stopped using.
MARK = "UNUSED_SINCE"

REMOVED = f"say since when nothing uses it ({MARK})"
REWRITES = "a new type writes the whole table anew: add a column beside it"
MOVES = "writes the whole table anew"
FULL_LOOK = "looks through the table under a lock: a check (not valid), validated, says the same"
LEFT_EMPTY = "old code leaves it empty: give it a default"
CONCURRENT = "locks the table while it is built: expanding.add_index()"
NOT_VALID = "looks through the table under a lock: postgresql_not_valid=True, then expanding.validate()"
ALL_WAIT = "everybody waits"

TABLE = r'(?:"?public"?\.)?"?(?P<table>\w+)"?'
ALTER = rf"\balter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?{TABLE}\s"
# Up to the end of the statement.
THEN = rf"{ALTER}[^;]*\b"
NAMED = r"(?:constraint\s+\w+\s+)?"

# Each with the rule that it breaks and what to do instead.
RULES = [
    ("taken-away", rf"\bdrop\s+table\s+(?:if\s+exists\s+)?{TABLE}", REMOVED),
    (
        "taken-away",
        rf"{THEN}drop\s+(?:column\s+)?(?:if\s+exists\s+)?(?!constraint|column|default|not\b|if\b)(?P<column>\w+)",
        REMOVED,
    ),
    ("taken-away", rf"{THEN}rename\b", REMOVED),
    ("rewrite", rf"{THEN}alter\s+(?:column\s+)?\w+\s+(?:set\s+data\s+)?type\b", REWRITES),
    ("rewrite", rf"{THEN}set\s+(?:logged|unlogged|tablespace|access)\b", MOVES),
    ("not-null", rf"{THEN}set\s+not\s+null\b", FULL_LOOK),
    (
        "not-null",
        rf"{THEN}add\s+(?:column\s+)?(?!constraint)\w+\s(?![^;,]*\bdefault\b)[^;,]*\bnot\s+null\b",
        LEFT_EMPTY,
    ),
    (
        "index",
        rf"\bcreate\s+(?:unique\s+)?index\s+(?!concurrently)[^;]*?\bon\s+(?:only\s+)?{TABLE}",
        CONCURRENT,
    ),
    ("index", rf"{THEN}add\s+{NAMED}(?:unique|primary|exclude)\b(?![^;]*using\s+index)", CONCURRENT),
    ("constraint", rf"{THEN}add\s+{NAMED}(?:check|foreign)\b(?![^;]*not\s+valid)", NOT_VALID),
    ("lock", rf"\block\s+table\s+{TABLE}", ALL_WAIT),
    ("lock", rf"\btruncate\s+(?:table\s+)?{TABLE}", ALL_WAIT),
    ("lock", rf"\b(?:cluster|vacuum\s+full|reindex\s+(?:table|index))\s+(?!concurrently){TABLE}", ALL_WAIT),
]
PATTERNS = [(rule, re.compile(pattern, re.IGNORECASE), why) for rule, pattern, why in RULES]
CHANGES = re.compile(
    rf"\b(?:update|delete\s+from)\s+(?:only\s+)?{TABLE}(?:\s+(?:as\s+)?\w+)?\s*(?:\bset\b|\bwhere\b|\busing\b|;|$)",
    re.IGNORECASE,
)
TIMEOUTS = re.compile(r"\bset\s+(?:local\s+|session\s+)?(?:lock|statement)_timeout", re.IGNORECASE)
VALIDATES = re.compile(rf'{ALTER}\s*validate\s+constraint\s+"?(?P<constraint>\w+)', re.IGNORECASE)
# What is the same for each row of a statement is kept once; what differs has to be written into every row.
STEADY = re.compile(r"now\b|current_|'|true|false|null|-?\d", re.IGNORECASE)
