"""How much is going on at a creator's, reckoned by the clock for all of them in one statement.

Followers count, and what was published lately, with the likes it got. Each weighs less the more there is of
it, so that many posts do not beat good ones; and a post fades, to less than half in five days. What was taken
down counts for nothing.
"""

from datetime import timedelta

from sqlalchemy import text

from app.extensions import db
from app.kit import clock
from app.platform import schedule
from app.platform.transaction import transaction

SECONDS = 600
LATELY, FADING = timedelta(days=30), timedelta(days=7)

# Who is being written to at this moment gets it the next time.
RECKON = text("""
with lately as (
    select creator_id,
           sum((1 + ln(1 + likes)) * exp(-extract(epoch from (:at - published_at)) / :fading)) as lively
    from posts
    where state = 'published' and published_at > :since and published_at <= :at
      and id not in (
          select scope_id from denials where user_id is null and lifted_at is null and kind <> 'age'
      )
    group by creator_id
), fresh as (
    select c.id, (ln(1 + c.followers) + 2 * ln(1 + coalesce(l.lively, 0)))::float8 as popularity
    from creators c left join lately l on l.creator_id = c.id
), due as (
    select c.id, fresh.popularity
    from creators c join fresh on fresh.id = c.id
    where abs(c.popularity - fresh.popularity) > 0.01
    for no key update of c skip locked
)
update creators set popularity = due.popularity from due where creators.id = due.id
""")


@schedule.every(SECONDS, "creators.popularity")
def reckon() -> None:
    at = clock.now()
    with transaction():
        db.session.execute(RECKON, {"at": at, "since": at - LATELY, "fading": FADING.total_seconds()})
