"""What templates/media/_picture.html asks: addresses for whoever looks."""

from flask import Flask

from app.media.addresses import Holder, address, public_address
from app.media.shown import Described, best, pictures
from app.platform.viewer import viewer


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(playing_time=playing_time)
    app.jinja_env.globals.update(media_address=media_address, media_srcset=media_srcset, media_best=best)


def media_address(described: Described, name: str, holder: Holder | None) -> str:
    """Without a holder only what is public has one."""
    if holder is None:
        return public_address(described, name)
    person = viewer()
    return address(described, name, holder=holder, viewer_id=person.id if person else None)


def media_srcset(described: Described, holder: Holder) -> str:
    sizes = pictures(described)
    if len(sizes) < 2:
        return ""
    return ", ".join(f"{media_address(described, name, holder)} {width}w" for name, width in sizes)


def playing_time(ms: int | None) -> str:
    minutes, seconds = divmod((ms or 0) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
