"""A creator's desk: how it goes, and what to do next."""

from dataclasses import dataclass

from werkzeug.wrappers import Response

from app.creators import queries
from app.creators.figures import figures_of
from app.creators.models import Creator
from app.creators.views import bp
from app.creators.views.desk import HOME, own_page
from app.platform.guards import Access, guard
from app.platform.pages import page


@dataclass(frozen=True, slots=True)
class Step:
    done: bool
    title: str
    text: str
    href: str


@bp.get(HOME)
@guard(Access.CREATOR)
def overview() -> Response:
    creator = own_page()
    days = queries.followers_by_day(creator.id)
    steps = next_steps(creator, has_tiers=queries.has_tiers(creator.id))
    return page(
        "creators/dashboard.html",
        creator=creator,
        figures=figures_of(creator.id),
        days=days,
        most=max(count for _, count in days),
        came=sum(count for _, count in days),
        followers=queries.latest_followers(creator.id),
        steps=[] if all(step.done for step in steps) else steps,
    )


def next_steps(creator: Creator, *, has_tiers: bool) -> list[Step]:
    edit = f"{HOME}/page"
    hang = f"{edit}#pictures"
    return [
        Step(bool(creator.avatar), "Show your face", "A picture that people know you by.", hang),
        Step(bool(creator.cover), "Hang up a cover", "The wide picture above your name.", hang),
        Step(bool(creator.headline), "Say it in a line", "What people get when they follow you.", edit),
        Step(bool(creator.about), "Tell your story", "Who you are, and what you make.", edit),
        Step(creator.posts > 0, "Publish a post", "Something to read when people arrive.", "/posts/new"),
        Step(has_tiers, "Make a tier", "What fans can subscribe to.", f"{HOME}/tiers/new"),
    ]
