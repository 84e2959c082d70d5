"""Figures of the features: money, people's reports, media, messages. Each is asked by an index."""

from flask import Flask
from sqlalchemy import text

from app.invoices import rails
from app.platform.metrics import tell

# What is overdue this long is not merely between two turns of the clock.
LATE_MINUTES = 15

ATTEMPTS = text("""
    select known.rail, count(a.id) as fanlight_payments_tried_last_hour,
      count(a.id) filter (where a.state = 'failed') as fanlight_payments_failed_last_hour,
      count(a.id) filter (where a.state = 'succeeded') as fanlight_payments_succeeded_last_hour
    from unnest(cast(:rails as text[])) known(rail)
    left join payment_attempts a on a.rail = known.rail and a.id >= :hour
    group by known.rail
""")
# Partial indexes hold these: what is open, and no more.
MONEY = text("""
    select
      (select count(*) from invoices
       where state in ('open', 'processing', 'underpaid')
         and expires_at < :now - make_interval(mins => :late)) as fanlight_invoices_overdue,
      (select count(*) from payment_attempts
       where ended_at is null
         and coalesce(expires_at, created_at + interval '1 day') < :now - interval '1 day')
        as fanlight_payments_stuck,
      (select coalesce(extract(epoch from :now - min(created_at)), 0)::float from refunds
       where ended_at is null) as fanlight_refunds_oldest_seconds,
      (select count(*) from payouts where ended_at is null) as fanlight_payouts_open,
      (select coalesce(extract(epoch from :now - min(created_at)), 0)::float from payouts
       where ended_at is null) as fanlight_payouts_oldest_seconds,
      (select count(*) from payouts where state = 'failed' and id >= :day)
        as fanlight_payouts_failed_last_day,
      (select coalesce(extract(epoch from :now - min(created_at)), 0)::float from chain_sends
       where ended_at is null) as fanlight_chain_sends_oldest_seconds,
      (select count(*) from payment_cases where state = 'open') as fanlight_payment_cases_open,
      (select count(*) from provider_entries
       where checked_at is null and at < :now - interval '1 day') as fanlight_provider_entries_unchecked,
      (select count(*) from invoices where id >= :hour and paid_at is not null)
        as fanlight_invoices_paid_last_hour
""")
CARE = text("""
    select
      (select count(*) from reports where state = 'waiting') as fanlight_reports_waiting,
      (select coalesce(extract(epoch from :now - min(created_at)), 0)::float from reports
       where state = 'waiting') as fanlight_reports_oldest_seconds,
      (select count(*) from data_exports where id >= :day and state in ('waiting', 'failed')
         and requested_at < :now - interval '1 hour') as fanlight_exports_stuck,
      (select count(*) from data_exports where id >= :day) as fanlight_exports_last_day
""")
MEDIA = text("""
    select known.state, count(m.id) as fanlight_media_last_day
    from unnest(array['waiting', 'receiving', 'received', 'processing', 'ready', 'failed']) known(state)
    left join media m on m.state = known.state and m.id >= :day
    group by known.state
""")
MESSAGES = text("""
    select 'conversations' as place, count(*) as fanlight_messages_last_5_minutes from messages
    where id >= :minutes
    union all
    select 'rooms', count(*) from room_messages where id >= :minutes
""")
NOTICES = text("""
    select way.channel, known.state, count(d.id) as fanlight_notices_last_hour
    from unnest(array['mail', 'push']) way(channel)
    cross join unnest(array['waiting', 'sent', 'skipped', 'failed']) known(state)
    left join notification_deliveries d
      on d.channel = way.channel and d.state = known.state and d.created_at > :now - interval '1 hour'
    group by way.channel, known.state
""")


def init_figures(app: Flask) -> None:
    tell(app, ATTEMPTS, rails=lambda: sorted(rails.names()))
    tell(app, MONEY, late=LATE_MINUTES)
    for statement in (CARE, MEDIA, MESSAGES, NOTICES):
        tell(app, statement)
