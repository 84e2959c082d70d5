"""Creators with many posts, and somebody who follows them: made inside PostgreSQL, because they are many."""

import json
from dataclasses import dataclass
from uuid import UUID

from flask import Flask
from sqlalchemy import text

from app.extensions import db
from app.platform.transaction import transaction
from tests.factories.people import Person, a_person

FOLLOWED, SUBSCRIBED = 50, 10

CREATORS = text("""
    with made as (
      insert into users (id, handle, display_name, bio, roles, state, avatar_hue, created_at)
      select gen_random_uuid(), :prefix || n, 'Creator ' || n, '', array['fan', 'creator'], 'active',
             n % 12, now()
      from generate_series(1, :creators) n returning id
    )
    insert into creators (id, headline, about, about_html, links, categories, currency, comments_from,
                          blocked_words, adult, watermark, state, followers, posts, popularity, words,
                          trigrams, created_at, last_post_at)
    select id, 'Night trains', '', '', '[]', '{}', 'USD', 'everyone', '{}', false, false, 'open', 0, 0, 0,
           '', '{}', now(), now() from made
    returning id
""")
# Of ten posts six are for everybody, three for subscribers, one has its own price; half have a picture.
POSTS = text("""
    insert into posts (id, creator_id, title, body, body_html, teaser, media, audience, rank, price, currency,
                       adult, state, version, published_at, likes, comments, views, words, created_at,
                       saved_at)
    select gen_random_uuid(), creators[1 + n % cardinality(creators)], 'Frame ' || n, 'body',
           '<p>' || repeat('Four frames from the 23:40 to Trieste. ', 3 + n % 9) || '</p>', 'Four frames.',
           case when n % 2 = 1 then '[]' else jsonb_build_array(
             replace(replace(:picture, '@id', gen_random_uuid()::text),
                     '"@public"', (n % 10 < 6)::text)::jsonb
           ) end,
           case when n % 10 < 6 then 'public' when n % 10 < 9 then 'subscribers' else 'paid' end,
           0, case when n % 10 = 9 then 499 end, 'USD', false, 'published', 1,
           now() - make_interval(secs => :from + n), n % 300, n % 40, 0, '', now(), now()
    from generate_series(1, :posts) n, (select cast(:creators as uuid[]) as creators)
""")
FOLLOWS = text("""
    with follow as (
      insert into follows (user_id, creator_id, created_at)
      select :fan, id, now() from unnest(cast(:creators as uuid[])) id
    )
    insert into grants (id, user_id, scope_id, kind, rank, label, cause, starts_at)
    select gen_random_uuid(), :fan, id, 'follow', 0, '', 'follow:' || id, now() - interval '1 day'
    from unnest(cast(:creators as uuid[])) id
    union all
    select gen_random_uuid(), :fan, id, 'subscription', 1, 'Gold', 'test:' || id, now() - interval '1 day'
    from unnest(cast(:subscribed as uuid[])) id
""")
WIDTHS = {"w320": 320, "w800": 800, "w1600": 1600, "teaser": 32}
PICTURE = json.dumps(
    {
        "id": "@id",
        "kind": "image",
        "w": 1600,
        "h": 1200,
        "ms": None,
        "color": "#b4532a",
        "alt": "A night train",
        "public": "@public",
        "secret": "0123456789abcdef",
        "names": {
            name: {
                "key": f"k/{name}.webp",
                "w": width,
                "h": width * 3 // 4,
                "type": "image/webp",
                "bytes": 9_000,
            }
            for name, width in WIDTHS.items()
        },
    }
)


@dataclass(frozen=True)
class Readers:
    fan: Person
    creators: list[UUID]


def a_house_full_of_posts(app: Flask, posts: int, *, prefix: str = "busy") -> Readers:
    fan = a_person(app)
    with app.app_context(), transaction():
        creators = list(db.session.scalars(CREATORS, {"prefix": prefix, "creators": FOLLOWED}))
        more_posts(creators, posts)
        given = {"fan": fan.id, "creators": creators, "subscribed": creators[:SUBSCRIBED]}
        db.session.execute(FOLLOWS, given)
    analyze(app)
    return Readers(fan, creators)


def more_posts(creators: list[UUID], posts: int, *, older_than: int = 0) -> None:
    values = {"creators": creators, "posts": posts, "from": older_than, "picture": PICTURE}
    db.session.execute(text("set local statement_timeout = 0"))
    db.session.execute(POSTS, values)


def analyze(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        alone.exec_driver_sql("set statement_timeout = 0")
        alone.exec_driver_sql("vacuum analyze posts, follows, grants, users, creators")
        alone.exec_driver_sql("reset statement_timeout")
