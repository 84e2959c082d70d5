"""Where each table would lie if one PostgreSQL were not enough: python -m workers.deploy.distribution

By Citus' three kinds of tables (docs/citus.md says why each is where it is). The suite holds the schema to
Citus' rules (tests/architecture/test_distribution.py); what they do not allow as it is today is in STEPS.
"""

import sys
from dataclasses import dataclass

# Whole on every machine: others refer to them and join them, and they change seldom.
REFERENCE = ("users", "creators")

# Spread by this column; rows of one group with the same key lie on the same machine. The first of a group is
# the one that the others refer to.
GROUPS: tuple[dict[str, str], ...] = (
    {
        "conversations": "id",
        "conversation_members": "conversation_id",
        "messages": "conversation_id",
        "message_reactions": "conversation_id",
    },
    {"rooms": "id", "room_people": "room_id", "room_messages": "room_id"},
    {
        "notifications": "user_id",
        "notification_actors": "user_id",
        "notification_deliveries": "user_id",
        "likes": "user_id",
    },
)

# On the coordinator alone, each for one of these reasons.
# Money has to balance, and is sold once, under locks that only one server holds.
MONEY = """
    adjustments billing_details bundles chain_cursors chain_sends disputes fee_rules gifts invoice_lines
    invoices ledger_accounts ledger_balances ledger_checks ledger_entries ledger_holds ledger_legs
    payment_attempts payment_cases payment_methods payments payout_accounts payout_plans payouts
    promo_codes promo_uses provider_customers provider_entries rail_switches rates refunds
    spending_limits subscription_events subscriptions tax_profiles tiers tips
"""
# One chain, one queue, one key in the whole house.
ONCE = """
    access_ended audit_heads audit_log audit_seals audit_unsealed idempotency_keys inbox
    mail_suppressions mails outbox rate_counters recovery_runs work_items
"""
# Found by something else than the person they belong to: a token, an address, a name.
KEYS = """
    challenges email_links former_handles known_devices passkeys private_feeds push_subscriptions
    recovery_codes retired_handles sessions totp_factors wallets
"""
# What a feed, a post and a decision of the entitlements join in one statement.
CONTENT = """
    blocks bookmarks comments denials follows grants hidden_people media parcel_media parcels
    poll_options poll_votes polls post_media post_versions posts
"""
# Few, short-lived, or the list of one creator's news.
SMALL = """
    broadcast_mutes broadcast_recipients broadcasts chat_settings data_exports flags noted_facts
    notification_preferences notification_settings process_beats push_notices reports saved_replies
    welcome_messages welcomed
"""
LOCAL = frozenset(f"{MONEY} {ONCE} {KEYS} {CONTENT} {SMALL}".split())


@dataclass(frozen=True)
class Places:
    reference: frozenset[str]
    # The column by which each is spread.
    keys: dict[str, str]
    # The first of its group.
    with_: dict[str, str]
    local: frozenset[str]


def places() -> Places:
    keys = {table: key for group in GROUPS for table, key in group.items()}
    first = {table: next(iter(group)) for group in GROUPS for table in group}
    return Places(frozenset(REFERENCE), keys, first, LOCAL)


# What Citus does not take as it is today, and the migration that has to come first.
STEPS = {
    "conversations: unique (low_id, high_id) without id": (
        "A table conversation_pairs (low_id, high_id, conversation_id) on the coordinator, with this as its "
        "primary key; who looks for a pair asks there, and the unique index goes."
    ),
    "messages: primary key (id) without conversation_id": "Primary key (conversation_id, id).",
    "rooms: unique (creator_id) without id": (
        "The id of a room is its creator's, as a creator's is its person's; the column and its index go."
    ),
    "room_messages: primary key (id) without room_id": "Primary key (room_id, id).",
    "notifications: primary key (id) without user_id": "Primary key (user_id, id).",
    "notification_actors: no user_id": (
        "The column user_id (of the line's owner), filled from notifications, before the others in the "
        "primary key."
    ),
    "notification_actors: refers to notifications without user_id": (
        "Foreign key (user_id, notification_id), once notifications has its new primary key."
    ),
    "notification_deliveries: primary key (id) without user_id": "Primary key (user_id, id).",
    "notification_deliveries: unique (notification_id, channel) without user_id": (
        "The same index with user_id before them: a line has one owner."
    ),
    "notification_deliveries: refers to notifications without user_id": (
        "Foreign key (user_id, notification_id), once notifications has its new primary key."
    ),
    "likes: refers to posts, which is local": (
        "No foreign key; who deletes a post leaves work that takes its likes away, person by person."
    ),
}


def statements() -> list[str]:
    """What the coordinator would be told: what others refer to comes before them."""
    told = [f"select create_reference_table('{table}');" for table in REFERENCE]
    for group in GROUPS:
        first = next(iter(group))
        for table, key in group.items():
            beside = "none" if table == first else first
            told.append(f"select create_distributed_table('{table}', '{key}', colocate_with => '{beside}');")
    return told


def main() -> int:
    print("-- Nobody has run this yet; docs/citus.md says when it is worth it. First:")
    for found, step in STEPS.items():
        print(f"--   {found}\n--       {step}")
    print("\n".join(statements()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
