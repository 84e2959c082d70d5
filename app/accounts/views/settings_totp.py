"""Settings, security: the authenticator app and the recovery codes."""

import pyotp
import segno
from flask import flash
from werkzeug.wrappers import Response

from app.accounts import browser, queries_factors
from app.accounts.forms.factors import SetupCodeForm
from app.accounts.models import TotpFactor
from app.accounts.operations import recovery_codes, totp
from app.accounts.views.factors_bp import bp
from app.platform.errors import Refused
from app.platform.guards import Access, guard
from app.platform.pages import page, see
from app.platform.settings import settings
from app.platform.viewer import signed_in_viewer

HERE = "/settings/security/totp"
SECURITY = "/settings/security"
PAGE = "accounts/factors/totp.html"
CODES_PAGE = "accounts/factors/recovery_codes.html"


@bp.get(HERE)
@guard(Access.SIGNED_IN, fresh=True)
def show_totp() -> Response:
    return _page(SetupCodeForm(formdata=None))


@bp.post(HERE)
@guard(Access.SIGNED_IN, fresh=True)
def start_totp() -> Response:
    try:
        totp.begin(signed_in_viewer().id)
    except Refused as refused:
        flash(refused.message, "info")
    return see(HERE)


@bp.post(f"{HERE}/confirm")
@guard(Access.SIGNED_IN, fresh=True)
def confirm_totp() -> Response:
    person, form = signed_in_viewer(), SetupCodeForm()
    if not form.validate():
        return _page(form, status=422)
    try:
        changed = totp.confirm(person.id, person.session_id, form.typed)
    except Refused as refused:
        form.refuse(refused)
        return _page(form, status=refused.status)
    browser.renew(changed.token)
    flash("From now on signing in asks for a code of your app.", "good")
    # Shown in this very answer: codes are stored nowhere in a form that could be shown again.
    return page(CODES_PAGE, codes=changed.codes) if changed.codes else see(SECURITY)


@bp.post(f"{HERE}/remove")
@guard(Access.SIGNED_IN, fresh=True)
def remove_totp() -> Response:
    person = signed_in_viewer()
    try:
        browser.renew(totp.remove(person.id, person.session_id))
    except Refused as refused:
        return _page(SetupCodeForm(formdata=None), status=refused.status, refused=refused.message)
    flash("The authenticator app is removed.", "good")
    return see(SECURITY)


@bp.get("/settings/security/recovery-codes")
@guard(Access.SIGNED_IN, fresh=True)
def show_recovery_codes() -> Response:
    return _codes_page()


@bp.post("/settings/security/recovery-codes")
@guard(Access.SIGNED_IN, fresh=True)
def renew_recovery_codes() -> Response:
    try:
        return _codes_page(recovery_codes.renew(signed_in_viewer().id))
    except Refused:
        return see(SECURITY)


def _codes_page(codes: list[str] | None = None) -> Response:
    return page(CODES_PAGE, codes=codes, factors=queries_factors.factors(signed_in_viewer().id))


def _page(form: SetupCodeForm, *, status: int = 200, refused: str | None = None) -> Response:
    factor = queries_factors.totp_factor(signed_in_viewer().id)
    waiting = factor is not None and factor.confirmed_at is None
    secrets = _how_to_add(factor) if factor and waiting else {}
    return page(PAGE, status=status, form=form, factor=factor, refused=refused, **secrets)


def _how_to_add(factor: TotpFactor) -> dict[str, str]:
    """By camera, by a link on the same device, or by hand."""
    secret = totp.secret_of(factor)
    link = pyotp.TOTP(secret).provisioning_uri(
        name=signed_in_viewer().handle, issuer_name=settings().site_name
    )
    grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return {"secret": grouped, "link": link, "picture": segno.make(link).svg_data_uri(scale=5, border=4)}
