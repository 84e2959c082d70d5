"""Answers that are the same for all who ask like this, so that a cache in front may keep them a moment.

A page that anyone may see says so where it is made:

    same_for_strangers()     signed out, everybody sees the same

It is kept for those only who come without a session's cookie, and only as long as it gave them none: a form
gives one. Whoever keeps it shows it to others with the same cookies (`Vary`), for a second.
"""

from flask import current_app, g
from flask import session as cookie
from htmx_flask import request

from app.platform.viewer import viewer

# Browsers ask each time.
SHARED = "public, max-age=0, s-maxage=1, must-revalidate"


def same_for_strangers() -> None:
    g.same_for_strangers = True


def is_shared() -> bool:
    """Whether nothing in this answer may be about who asked."""
    if g.get("without_session"):
        return True
    return bool(g.get("same_for_strangers")) and viewer() is None and not _has_cookie()


def _has_cookie() -> bool:
    """One that came, or goes with the answer."""
    return current_app.config["SESSION_COOKIE_NAME"] in request.cookies or bool(cookie.modified)
