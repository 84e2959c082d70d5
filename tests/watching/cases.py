"""A day on which all is well, and for each alert what it would be like if it were not.

Series as promtool reads them: `1x100` is 1 for a hundred minutes, `0+60x100` grows by 60 each minute.
"""

STILL = "x100"
DAY = 24 * 3600


def always(value: float) -> str:
    return f"{value}{STILL}"


def growing(each_minute: float) -> str:
    return f"0+{each_minute}{STILL}"


def requests(status: str, endpoint: str = "feed.show") -> str:
    return f'fanlight_requests_total{{endpoint="{endpoint}",method="GET",status="{status}"}}'


def bucket(name: str, le: str) -> str:
    return f'fanlight_{name}_bucket{{le="{le}"}}'


def noted(name: str, what: str) -> str:
    return f'fanlight_noted_{name}{{what="{what}"}}'


def security(action: str) -> str:
    return f'fanlight_security_events_last_5_minutes{{action="{action}"}}'


def waiting(queue: str) -> str:
    return f'fanlight_work_waiting_oldest_seconds{{queue="{queue}"}}'


HEARD = "payments.stripe"
GOOD = {
    'up{job="fanlight",instance="a:3000"}': always(1),
    'up{job="fanlight-realtime",instance="a:3002"}': always(1),
    "fanlight_database_up": always(1),
    "fanlight_redis_up": always(1),
    "fanlight_redis_errors_total": always(0),
    requests("2xx"): growing(600),
    requests("5xx"): growing(1),
    requests("2xx", HEARD): growing(60),
    requests("4xx", HEARD): growing(1),
    bucket("request_seconds", "0.1"): growing(595),
    bucket("request_seconds", "0.25"): growing(598),
    bucket("request_seconds", "1.0"): growing(600),
    bucket("request_seconds", "2.5"): growing(600),
    bucket("request_seconds", "+Inf"): growing(600),
    'fanlight_processes{role="worker"}': always(1),
    'fanlight_process_starts_last_hour{role="worker"}': always(1),
    'fanlight_process_memory_bytes{role="worker"}': always(2e8),
    'fanlight_process_errors{role="worker"}': always(2),
    "fanlight_figures_failed": always(0),
    "fanlight_migrations_behind": always(0),
    "fanlight_clock_offset_seconds": always(0.01),
    'fanlight_database_connections_in_use{instance="a:3000"}': always(3),
    'fanlight_database_connections_room{instance="a:3000"}': always(14),
    'fanlight_database_pool_timeouts_total{instance="a:3000"}': always(0),
    'fanlight_database_pool_wait_seconds_total{instance="a:3000"}': growing(0.1),
    "fanlight_database_connections": always(20),
    "fanlight_database_connections_most": always(100),
    "fanlight_query_seconds_total": growing(6),
    "fanlight_queries_total": growing(1_200),
    "fanlight_database_longest_transaction_seconds": always(2),
    "fanlight_database_blocks_kept_total": growing(100_000),
    "fanlight_database_blocks_read_total": growing(7_000),
    'fanlight_cards_total{source="process"}': growing(900),
    'fanlight_cards_total{source="redis"}': growing(80),
    'fanlight_cards_total{source="rendered"}': growing(20),
    "fanlight_redis_memory_bytes": always(1e8),
    "fanlight_redis_memory_most_bytes": always(2.5e8),
    "fanlight_redis_evicted_total": always(0),
    'fanlight_disk_free_bytes{instance="a:3000",folder="data"}': always(5e10),
    'fanlight_disk_bytes{instance="a:3000",folder="data"}': always(1e11),
    **{waiting(queue): always(2) for queue in ("payments", "default", "notices", "bulk", "media")},
    'fanlight_work_failed_last_hour{kind="mail.deliver"}': always(0),
    "fanlight_outbox_oldest_seconds": always(1),
    'fanlight_inbox_oldest_seconds{source="stripe"}': always(1),
    'fanlight_mails_last_hour{state="sent"}': always(200),
    'fanlight_mails_last_hour{state="failed"}': always(3),
    "fanlight_mails_bounced_last_day": always(4),
    "fanlight_mails_complained_last_day": always(0),
    'fanlight_notices_last_hour{channel="push",state="sent"}': always(200),
    'fanlight_notices_last_hour{channel="push",state="failed"}': always(30),
    'fanlight_media_last_day{state="ready"}': always(100),
    'fanlight_media_last_day{state="failed"}': always(6),
    "fanlight_realtime_blind": always(0),
    bucket("fanout_seconds", "0.05"): growing(998),
    bucket("fanout_seconds", "0.5"): growing(1_000),
    bucket("fanout_seconds", "1.0"): growing(1_000),
    bucket("fanout_seconds", "+Inf"): growing(1_000),
    "fanlight_sockets": always(900),
    "fanlight_ledger_verified": always(1),
    "fanlight_ledger_verified_whole_seconds_ago": always(0.5 * DAY),
    'fanlight_payments_tried_last_hour{rail="card"}': always(100),
    'fanlight_payments_failed_last_hour{rail="card"}': always(8),
    "fanlight_invoices_overdue": always(0),
    "fanlight_payments_stuck": always(0),
    "fanlight_refunds_oldest_seconds": always(60),
    "fanlight_payouts_oldest_seconds": always(DAY),
    "fanlight_payouts_failed_last_day": always(1),
    "fanlight_chain_sends_oldest_seconds": always(20),
    "fanlight_payment_cases_open": always(0),
    "fanlight_provider_entries_unchecked": always(0),
    security("session.sign_in_failed"): always(12),
    security("account.export_fetched"): always(1),
    security("account.roles_changed"): always(0),
    security("account.deleted"): always(1),
    **{noted("ok", what): always(1) for what in ("audit", "certificate", "backup", "wal", "drill")},
    noted("seconds_ago", "audit"): always(0.5 * DAY),
    noted("seconds_ago", "backup"): always(0.5 * DAY),
    noted("seconds_ago", "wal"): always(20),
    noted("seconds_ago", "drill"): always(3 * DAY),
    "fanlight_audit_unsealed_oldest_seconds": always(1),
    "fanlight_reports_oldest_seconds": always(3_600),
    "fanlight_exports_stuck": always(0),
    "fanlight_certificate_ends_in_seconds": always(60 * DAY),
}

BAD: dict[str, dict[str, str]] = {
    "FanlightDown": {'up{job="fanlight",instance="a:3000"}': always(0)},
    "DatabaseAway": {"fanlight_database_up": always(0)},
    "RedisAway": {"fanlight_redis_up": always(0)},
    "RedisFailing": {"fanlight_redis_errors_total": growing(30)},
    "ErrorsAbove5Percent": {requests("5xx"): growing(60)},
    "ResponsesAbove1Second": {bucket("request_seconds", le): growing(300) for le in ("0.1", "0.25", "1.0")},
    "ResponsesAbove500Milliseconds": {bucket("request_seconds", le): growing(300) for le in ("0.1", "0.25")},
    "ProcessMissing": {'fanlight_processes{role="worker"}': always(0)},
    "ProcessesRestarting": {'fanlight_process_starts_last_hour{role="worker"}': always(20)},
    "MemoryHigh": {'fanlight_process_memory_bytes{role="worker"}': always(1.5e9)},
    "ErrorsLogged": {'fanlight_process_errors{role="worker"}': growing(2)},
    "FiguresMissing": {"fanlight_figures_failed": always(2)},
    "MigrationsBehind": {"fanlight_migrations_behind": always(1)},
    "ClockOff": {"fanlight_clock_offset_seconds": always(-4)},
    "PoolFull": {'fanlight_database_connections_in_use{instance="a:3000"}': always(14)},
    "PoolWaits": {'fanlight_database_pool_wait_seconds_total{instance="a:3000"}': growing(30)},
    "ConnectionsNearLimit": {"fanlight_database_connections": always(90)},
    "QueriesSlow": {"fanlight_query_seconds_total": growing(600)},
    "LongTransaction": {"fanlight_database_longest_transaction_seconds": always(4_000)},
    "DatabaseCacheMisses": {"fanlight_database_blocks_read_total": growing(50_000)},
    "CardCacheMisses": {'fanlight_cards_total{source="rendered"}': growing(900)},
    "RedisFull": {"fanlight_redis_memory_bytes": always(2.4e8)},
    "RedisEvicts": {"fanlight_redis_evicted_total": growing(600)},
    "DiskBelow10Percent": {'fanlight_disk_free_bytes{instance="a:3000",folder="data"}': always(8e9)},
    "DiskBelow3Percent": {'fanlight_disk_free_bytes{instance="a:3000",folder="data"}': always(2e9)},
    "PaymentsWorkLate": {waiting("payments"): always(400)},
    "WorkLate": {waiting("notices"): always(1_000)},
    "LongWorkLate": {waiting("media"): always(9_000)},
    "WorkGivenUp": {'fanlight_work_failed_last_hour{kind="mail.deliver"}': always(1)},
    "OutboxStuck": {"fanlight_outbox_oldest_seconds": always(400)},
    "WebhooksRefused": {requests("4xx", HEARD): growing(30)},
    "WebhooksUnhandled": {'fanlight_inbox_oldest_seconds{source="stripe"}': always(1_000)},
    "MailFailing": {'fanlight_mails_last_hour{state="failed"}': always(50)},
    "MailReturned": {"fanlight_mails_bounced_last_day": always(30)},
    "MailCalledSpam": {"fanlight_mails_complained_last_day": always(9)},
    "NoticesFailing": {'fanlight_notices_last_hour{channel="push",state="failed"}': always(300)},
    "MediaFailing": {'fanlight_media_last_day{state="failed"}': always(40)},
    "RealtimeBlind": {"fanlight_realtime_blind": always(1)},
    "FanoutSlow": {bucket("fanout_seconds", le): growing(900) for le in ("0.05", "0.5")},
    "SocketsNearLimit": {"fanlight_sockets": always(9_000)},
    "LedgerNotWhole": {"fanlight_ledger_verified": always(0)},
    "LedgerNotRead": {"fanlight_ledger_verified_whole_seconds_ago": always(3 * DAY)},
    "PaymentsFailing": {'fanlight_payments_failed_last_hour{rail="card"}': always(60)},
    "InvoicesStuck": {"fanlight_invoices_overdue": always(2)},
    "PaymentsStuck": {"fanlight_payments_stuck": always(1)},
    "RefundsLate": {"fanlight_refunds_oldest_seconds": always(2 * DAY)},
    "PayoutsLate": {"fanlight_payouts_oldest_seconds": always(8 * DAY)},
    "PayoutsFailing": {"fanlight_payouts_failed_last_day": always(4)},
    "CoinsLate": {"fanlight_chain_sends_oldest_seconds": always(8_000)},
    "CasesOpen": {"fanlight_payment_cases_open": always(1)},
    "BooksAndProviderDiffer": {"fanlight_provider_entries_unchecked": always(3)},
    "SignInsFailing": {security("session.sign_in_failed"): always(400)},
    "ManyCopiesFetched": {security("account.export_fetched"): always(30)},
    "RolesChanged": {security("account.roles_changed"): always(1)},
    "ManyAccountsDeleted": {security("account.deleted"): always(80)},
    "AuditNotWhole": {noted("ok", "audit"): always(0)},
    "AuditNotRead": {noted("seconds_ago", "audit"): always(3 * DAY)},
    "AuditUnsealed": {"fanlight_audit_unsealed_oldest_seconds": always(900)},
    "ReportsWaiting": {"fanlight_reports_oldest_seconds": always(2 * DAY)},
    "ExportsStuck": {"fanlight_exports_stuck": always(1)},
    "CertificateEndsIn14Days": {"fanlight_certificate_ends_in_seconds": always(10 * DAY)},
    "CertificateEndsIn3Days": {"fanlight_certificate_ends_in_seconds": always(2 * DAY)},
    "CertificateNotShown": {noted("ok", "certificate"): always(0)},
    "BackupFailed": {noted("ok", "backup"): always(0)},
    "BackupOld": {noted("seconds_ago", "backup"): always(2 * DAY)},
    "ChangesNotKept": {noted("seconds_ago", "wal"): always(900)},
    "RestoringFailed": {noted("ok", "drill"): always(0)},
    "RestoringNotTried": {noted("seconds_ago", "drill"): always(12 * DAY)},
}
# What also fires, because it watches the same from nearer.
ALONG = {
    "ResponsesAbove1Second": {"ResponsesAbove500Milliseconds"},
    "DiskBelow3Percent": {"DiskBelow10Percent"},
    "CertificateEndsIn3Days": {"CertificateEndsIn14Days"},
}
