"""Avatars and covers: shown on a creator's page as soon as they are ready, in place of what was there."""

from uuid import UUID

from app.creators.operations import pages
from app.media.models import Media
from app.media.operations import holding
from app.media.shown import describe

SHOW = {"avatar": pages.show_avatar, "cover": pages.show_cover}


def show(media: Media) -> None:
    """Where there is no page any more it is swept, as what nothing uses."""
    media.public = media.attached = True
    if not SHOW[media.purpose](media.user_id, describe(media)):
        media.public = media.attached = False


def let_go(media_id: UUID) -> None:
    """Handles what a page no longer shows."""
    holding.release([media_id])
