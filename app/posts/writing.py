"""What writing needs to be known elsewhere: news of media, the desk's door, what goes after a month."""

from flask import Flask

from app.creators import figures as desk_figures
from app.creators import ties
from app.media import holders
from app.platform.navigation import Door, add_door
from app.platform.viewer import Role
from app.posts import figures, jobs, showing
from app.posts.operations import reranking


def init_app(app: Flask) -> None:
    holders.on_change(jobs.media_changed)
    holders.tell_places(showing.places)
    ties.on_reranked(reranking.rerank)
    desk_figures.register(app, figures.figures)
    jobs.register_cleanup()
    add_door(app, "dashboard", Door("Posts", "post", "/dashboard/posts", 20, Role.CREATOR))
