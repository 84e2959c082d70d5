"""What the domain refused: a form shown again with what was typed, a link that leads nowhere any more."""

from typing import Any

from werkzeug.wrappers import Response

from app.platform.errors import Refused, TooMany, Unavailable
from app.platform.forms import Form
from app.platform.pages import page
from app.platform.web import is_htmx

NOT_PROCESSED = 422


def refused(
    error: Refused, form: Form, template: str, *, partial: str | None = None, **context: Any
) -> Response:
    form.refuse(error)
    # htmx shows a form only under the one status that it takes for one.
    status = NOT_PROCESSED if is_htmx() else error.status
    response = page(template, partial=partial, status=status, form=form, **context)
    if isinstance(error, TooMany | Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def link_gone(error: Refused) -> Response:
    return page("accounts/link_gone.html", status=error.status, message=error.message)
