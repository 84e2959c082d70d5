"""Coming in with a passkey alone, and proving once more who one is."""

from werkzeug.wrappers import Response

from app.accounts import browser
from app.accounts.operations import passkey_proofs
from app.accounts.operations.passkeys import Purpose
from app.accounts.relying_party import challenge_of
from app.accounts.views import asked, json_input
from app.accounts.views.factors_bp import bp
from app.accounts.views.ways import home_or
from app.platform.guards import Access, guard
from app.platform.viewer import signed_in_viewer, viewer
from app.platform.web import client


@bp.post("/login/passkey/options")
@guard(Access.ANYONE, limit="sign_in", once=False)
def login_passkey_options() -> Response:
    new = passkey_proofs.ask(Purpose.SIGN_IN)
    asked.keep(new.options["challenge"], new.secret)
    return json_input.options(new.options)


@bp.post("/login/passkey")
@guard(Access.ANYONE, limit="sign_in", once=False)
def do_login_passkey() -> Response:
    body = json_input.body()
    if viewer() is not None:
        return json_input.go_on(home_or(json_input.text(body, "next")))
    answer, remember = json_input.mapping(body, "credential"), body.get("remember") is True

    def prove() -> Response:
        secret = asked.secret_of(challenge_of(answer))
        started = passkey_proofs.come_in(secret, answer, remember=remember, client=client())
        browser.sign_in(started.token, remember=remember)
        return json_input.go_on(home_or(json_input.text(body, "next")))

    return json_input.proving(prove)


@bp.post("/login/confirm/passkey/options")
@guard(Access.SIGNED_IN, limit="sign_in", once=False)
def confirm_passkey_options() -> Response:
    new = passkey_proofs.ask(Purpose.CONFIRM, signed_in_viewer().id)
    asked.keep(new.options["challenge"], new.secret)
    return json_input.options(new.options)


@bp.post("/login/confirm/passkey")
@guard(Access.SIGNED_IN, limit="sign_in", once=False)
def do_confirm_passkey() -> Response:
    person, body = signed_in_viewer(), json_input.body()
    answer = json_input.mapping(body, "credential")

    def prove() -> Response:
        secret = asked.secret_of(challenge_of(answer))
        browser.renew(passkey_proofs.confirm(person.id, person.session_id, secret, answer))
        return json_input.go_on(home_or(json_input.text(body, "next")))

    return json_input.proving(prove)
