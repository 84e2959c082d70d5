"""What the figures mean, section by section. Reads nothing itself.

The limits are those of deploy/watching/alerts.yml, which watches the same while nobody looks at the page.
"""

from collections.abc import Callable, Iterator

from app.platform.watching import noting
from app.watching.advice import DO, NEVER
from app.watching.judging import (
    DAY,
    HOUR,
    MINUTE,
    Known,
    Line,
    Section,
    State,
    late,
    line,
    many,
    size,
    span,
)

ROLES = {
    "web": ("Pages", "Served by"),
    "realtime": ("Live updates", "Told by"),
    "worker": ("Worker", "Work is done by"),
    "scheduler": ("Scheduler", "The clock is kept by"),
}
QUEUES = {
    "payments": "Payments",
    "default": "Mail and the rest",
    "notices": "Notices",
    "bulk": "To many",
    "media": "Media",
}
Tell = Callable[[Known], Iterator[Line]]
# Films take their time, and so does what goes to very many.
SOON, LATER = (5 * MINUTE, 15 * MINUTE), (30 * MINUTE, 2 * HOUR)


def sections(known: Known) -> list[Section]:
    """While the database is away nothing is known of what it holds."""
    asked: list[tuple[str, Tell]] = [
        ("Processes", _processes),
        ("Work", _work),
        ("Money", _money),
        ("People and mail", _people),
        ("Safety", _safety),
    ]
    shown = asked if known.number("database_up") else []
    return [Section(title, list(tell(known))) for title, tell in [("Servers", _servers), *shown]]


def _servers(known: Known) -> Iterator[Line]:
    there = known.number("database_up") > 0
    told = f"Answers, and takes {size(known.number('database_bytes'))}." if there else "Does not answer."
    yield line("database", "PostgreSQL", told, bad=not there)
    if there:
        yield from _database(known)
    yield _redis(known)
    yield from _disks(known)


def _redis(known: Known) -> Line:
    if not known.number("redis_up"):
        return line("redis", "Redis", "Does not answer.", bad=True)
    used, most = known.number("redis_memory_bytes"), known.number("redis_memory_most_bytes")
    room = f" of {size(most)}" if most else ""
    return line("redis_full", "Redis", f"Answers, and holds {size(used)}{room}.", warn=used > 0.9 * most > 0)


def _disks(known: Known) -> Iterator[Line]:
    for labels, free in known.look.of("disk_free_bytes"):
        whole = known.number("disk_bytes", **labels)
        said = f"{size(free)} of {size(whole)} are free."
        name = f"Disk of {labels['folder']}"
        yield line("disk", name, said, warn=free < 0.1 * whole, bad=free < 0.03 * whole)


def _processes(known: Known) -> Iterator[Line]:
    for role, (title, does) in ROLES.items():
        count = known.number("processes", role=role)
        if not count:
            yield line(role, title, "Not running.", bad=True)
            continue
        starts = known.number("process_starts_last_hour", role=role)
        memory = size(known.number("process_memory_bytes", role=role))
        said = f"{does} {many(count, 'process', 'processes')}, {memory} of memory at most."
        again = starts > 3 * count + 6
        yield line("restarts", title, f"{said} {starts:.0f} starts this hour." if again else said, warn=again)
    errors = known.sum("process_errors")
    said = f"{many(errors, 'error', 'errors')} logged since they started." if errors else "None was logged."
    yield line("errors", "Errors", said, warn=errors > 0)


def _database(known: Known) -> Iterator[Line]:
    used, most = known.number("database_connections"), known.number("database_connections_most")
    said = f"{used:.0f} of {most:.0f} are in use."
    yield line("connections", "Connections", said, warn=used > 0.8 * most, bad=used > 0.95 * most)
    longest = known.number("database_longest_transaction_seconds")
    said = f"Open for {span(longest)}." if longest >= 1 else "None is long."
    yield late("transaction", "Longest transaction", longest, (5 * MINUTE, 30 * MINUTE), said)
    behind = known.number("migrations_behind") > 0
    said = "The database is behind the code." if behind else "The database fits the code."
    yield line("migrations", "Migrations", said, bad=behind)
    offset = abs(known.number("clock_offset_seconds"))
    yield line("clock", "Clock", f"{offset:.1f} s from the database's.", warn=offset > 2)


def _work(known: Known) -> Iterator[Line]:
    for labels, waiting in known.look.of("work_waiting"):
        queue = labels["queue"]
        oldest = known.number("work_waiting_oldest_seconds", queue=queue)
        said = f"{many(waiting, 'waits', 'wait')}, for up to {span(oldest)}." if waiting else "Nothing waits."
        limits = LATER if queue in {"bulk", "media"} else SOON
        yield late("queue", QUEUES.get(queue, queue), oldest, limits, said)
    failed = {labels["kind"]: count for labels, count in known.look.of("work_failed_last_hour") if count}
    named = ", ".join(f"{kind} ({count:.0f})" for kind, count in sorted(failed.items())[:5])
    yield line("given_up", "Given up", named or "Nothing in the last hour.", warn=bool(failed))
    ready = known.number("media_last_day", state="ready")
    broken = known.number("media_last_day", state="failed")
    said = f"{ready:.0f} ready in the last day, {broken:.0f} failed."
    yield line("uploads", "Uploads", said, warn=broken >= 5 and broken > 0.2 * ready)
    yield late("outbox", "Events out", known.number("outbox_oldest_seconds"), (MINUTE, 5 * MINUTE))
    for labels, waiting in known.look.of("inbox_waiting"):
        oldest = known.number("inbox_oldest_seconds", source=labels["source"])
        said = f"{many(waiting, 'waits', 'wait')} to be handled." if waiting else "All is handled."
        yield late("inbox", f"Told by {labels['source']}", oldest, (5 * MINUTE, HOUR), said)


def _money(known: Known) -> Iterator[Line]:
    whole = known.look.value("ledger_verified")
    if whole is None:
        yield Line("Books", State.UNKNOWN, "Not read yet. That happens every five minutes.")
    else:
        said = "Whole: every entry sums to zero." if whole else "Not whole."
        yield line("ledger", "Books", said, bad=not whole)
    tried, failed = known.sum("payments_tried_last_hour"), known.sum("payments_failed_last_hour")
    said = f"{tried:.0f} tried in the last hour, {failed:.0f} failed."
    yield line("payments", "Payments", said, warn=tried >= 10 and failed > 0.3 * tried)
    overdue, stuck = known.number("invoices_overdue"), known.number("payments_stuck")
    said = f"{overdue:.0f} past their end; {stuck:.0f} payments under way for over a day."
    yield line(
        "invoices", "Invoices", said if overdue + stuck else "None is stuck.", warn=overdue + stuck > 0
    )
    yield late("refunds", "Refunds", known.number("refunds_oldest_seconds"), (HOUR, DAY))
    yield late("payouts", "Payouts", known.number("payouts_oldest_seconds"), (3 * DAY, 7 * DAY))
    sends = known.number("chain_sends_oldest_seconds")
    yield late("chain", "Coins on their way", sends, (15 * MINUTE, 2 * HOUR))
    cases = known.number("payment_cases_open")
    said = f"{many(cases, 'is', 'are')} open." if cases else "None is open."
    yield line("cases", "Cases", said, warn=cases > 0)


def _people(known: Known) -> Iterator[Line]:
    reports = known.number("reports_waiting")
    said = f"{many(reports, 'waits', 'wait')} for a decision." if reports else "None waits."
    yield late("reports", "Reports", known.number("reports_oldest_seconds"), (DAY, 3 * DAY), said)
    failed = known.number("security_events_last_5_minutes", action="session.sign_in_failed")
    yield line("sign_ins", "Failed sign-ins", f"{failed:.0f} in the last five minutes.", warn=failed > 100)
    stuck = known.number("exports_stuck")
    said = f"{many(stuck, 'is', 'are')} not ready after an hour." if stuck else "None is late."
    yield line("exports", "Copies of data", said, warn=stuck > 0)
    yield from _mail(known)


def _mail(known: Known) -> Iterator[Line]:
    sent = known.number("mails_last_hour", state="sent")
    failed = known.number("mails_last_hour", state="failed")
    said = f"{sent:.0f} sent in the last hour, {failed:.0f} failed."
    if known.mails:
        yield line("mail", "Mail", said, warn=failed >= 5 and failed > 0.1 * sent)
    else:
        yield Line("Mail", State.UNKNOWN, f"No mail server is set. {said}", DO["smtp"])
    back = known.number("mails_bounced_last_day") + known.number("mails_complained_last_day")
    said = f"{many(back, 'address', 'addresses')} in the last day."
    yield line("returned", "Returned mail", said, warn=back > 20)
    pushed = known.number("notices_last_hour", channel="push", state="sent")
    lost = known.number("notices_last_hour", channel="push", state="failed")
    said = f"{pushed:.0f} sent in the last hour, {lost:.0f} failed."
    yield Line("Notices on devices", State.GOOD, said)


def _safety(known: Known) -> Iterator[Line]:
    yield _fact(known, noting.AUDIT, "Audit log", 2 * DAY)
    unsealed = known.number("audit_unsealed_oldest_seconds")
    yield late("seals", "Audit seals", unsealed, (MINUTE, 10 * MINUTE))
    yield _certificate(known)
    yield _fact(known, noting.BACKUP, "Backup", 26 * HOUR)
    yield _fact(known, noting.WAL, "Changes since then", 2 * MINUTE)
    yield _fact(known, noting.DRILL, "Restoring, tried", 9 * DAY)


def _fact(known: Known, name: str, what: str, old: float) -> Line:
    fact, age = known.facts.get(name), known.look.value("noted_seconds_ago", what=name)
    if fact is None or age is None:
        return Line(what, State.UNKNOWN, "Unknown.", NEVER[name])
    word = "Good" if fact.ok else "Failed"
    said = f"{word} {span(age)} ago. {fact.detail}".strip()
    return line(name, what, said, warn=age > old, bad=not fact.ok)


def _certificate(known: Known) -> Line:
    if not known.secure:
        return Line("Certificate", State.UNKNOWN, "None: this house is at an http address.")
    fact, ends = known.facts.get(noting.CERTIFICATE), known.look.value("certificate_ends_in_seconds")
    if fact is None:
        return Line("Certificate", State.UNKNOWN, "Not looked at yet. That happens every hour.")
    if not fact.ok or ends is None:
        return line("certificate_hidden", "Certificate", fact.detail, warn=True)
    said = f"Good for {span(max(ends, 0))}, {fact.detail}."
    return line("certificate", "Certificate", said, warn=ends < 14 * DAY, bad=ends < 3 * DAY)
