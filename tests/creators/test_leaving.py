"""What stays behind of people who leave: nothing that still counts them."""

from flask import Flask

from app.creators.models import Creator
from app.extensions import db
from app.platform import personal_data
from app.platform.transaction import transaction
from app.posts.models import Post
from tests.factories.creators import a_creator, follows
from tests.factories.people import a_person, signed_in
from tests.factories.posts import a_poll, a_post, some_comments


def test_who_is_erased_no_longer_counts_anywhere(app: Flask) -> None:
    mara, fan, other = a_creator(app, "mara"), a_person(app), a_person(app)
    post = a_post(app, mara.id)
    options = a_poll(app, post)
    for person in (fan, other):
        follows(app, person, mara)
        some_comments(app, post, person.id, ["Lovely"])
        some_comments(app, post, person.id, ["Waits"], state="held")
        page = signed_in(app, person)
        page.send(page.get(f"/posts/{post}").form(f"/posts/{post}/like"))
        page.send(page.get(f"/posts/{post}").form(f"/posts/{post}/vote"), option=str(options[0]))
    with app.app_context(), transaction():
        personal_data.erase(fan.id)
    with app.app_context():
        kept = db.session.get_one(Post, post)
        assert db.session.get_one(Creator, mara.id).followers == 1
        assert (kept.likes, kept.comments) == (1, 1)
    assert "1 vote" in signed_in(app, other).get(f"/posts/{post}").text
