"""Settings, security: passkeys added, renamed, removed."""

from uuid import UUID

from flask import flash
from werkzeug.wrappers import Response

from app.accounts import browser, queries_factors
from app.accounts.forms.factors import LabelForm, label_or
from app.accounts.operations import passkeys
from app.accounts.relying_party import challenge_of
from app.accounts.views import asked, json_input
from app.accounts.views.factors_bp import bp
from app.kit import clock
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import page, see
from app.platform.viewer import signed_in_viewer

SECURITY = "/settings/security"
HERE = f"{SECURITY}/passkeys"
PAGE = "accounts/factors/passkey.html"


@bp.post(f"{HERE}/options")
@guard(Access.SIGNED_IN, fresh=True)
def new_passkey_options() -> Response:
    new = passkeys.ask_new(signed_in_viewer().id)
    asked.keep(new.options["challenge"], new.secret)
    return json_input.options(new.options)


@bp.post(HERE)
@guard(Access.SIGNED_IN, fresh=True)
def add_passkey() -> Response:
    person, body = signed_in_viewer(), json_input.body()
    answer = json_input.mapping(body, "credential")
    name = label_or(json_input.text(body, "name"), f"Passkey of {clock.now():%-d %B %Y}")

    def prove() -> Response:
        secret = asked.secret_of(challenge_of(answer))
        browser.renew(passkeys.add(person.id, person.session_id, secret, answer, name))
        flash("The passkey is added: from now on it opens your account.", "good")
        has_codes = queries_factors.factors(person.id).recovery_codes
        return json_input.go_on(SECURITY if has_codes else f"{SECURITY}/recovery-codes")

    return json_input.proving(prove)


@bp.get(f"{HERE}/<uuid:passkey_id>")
@guard(Access.SIGNED_IN)
def show_passkey(passkey_id: UUID) -> Response:
    return _page(passkey_id, LabelForm(formdata=None))


@bp.post(f"{HERE}/<uuid:passkey_id>/rename")
@guard(Access.SIGNED_IN)
def rename_passkey(passkey_id: UUID) -> Response:
    form = LabelForm()
    if not form.validate():
        return _page(passkey_id, form, status=422)
    passkeys.rename(signed_in_viewer().id, passkey_id, form.typed)
    flash("The passkey has its new name.", "good")
    return see(SECURITY)


@bp.post(f"{HERE}/<uuid:passkey_id>/remove")
@guard(Access.SIGNED_IN, fresh=True)
def remove_passkey(passkey_id: UUID) -> Response:
    person = signed_in_viewer()
    try:
        browser.renew(passkeys.remove(person.id, person.session_id, passkey_id))
    except NotFound:
        raise
    except Refused as refused:
        return _page(passkey_id, LabelForm(formdata=None), status=refused.status, refused=refused.message)
    flash("The passkey is removed here. Remove it from your device too.", "good")
    return see(SECURITY)


def _page(passkey_id: UUID, form: LabelForm, *, status: int = 200, refused: str | None = None) -> Response:
    passkey = queries_factors.passkey(signed_in_viewer().id, passkey_id)
    if passkey is None:
        raise NotFound
    return page(PAGE, status=status, passkey=passkey, form=form, refused=refused)
