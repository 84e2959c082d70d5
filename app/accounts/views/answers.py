"""What several views of accounts answer: a form shown again with what was typed, a mail asked for."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from werkzeug.wrappers import Response

from app.accounts import queries
from app.accounts.forms.parts import typed
from app.accounts.forms.sign_in import AskByMailForm
from app.platform.errors import Refused, TooMany, Unavailable
from app.platform.forms import Form
from app.platform.pages import form_page, page, see
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


def dropping(user_id: UUID) -> str:
    """What is said besides of a change that ends together with sessions."""
    pending = queries.pending_email(user_id)
    return f" The change of your address to {pending} was dropped." if pending else ""


def asked_by_mail(ask: Callable[[str], None], template: str, sent: str) -> Response:
    """On to `sent`, whoever has this address, and whether anybody has."""
    form = AskByMailForm()
    if not form.validate():
        return form_page(template, form=form)
    try:
        ask(typed(form.email))
    except Refused as error:
        return refused(error, form, template)
    return see(sent)
