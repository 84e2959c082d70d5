"""The second step of signing in: a code, or a passkey."""

from typing import Any

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.accounts import browser, queries_factors
from app.accounts.errors import ChallengeGone
from app.accounts.errors_factors import FirstProofVoid
from app.accounts.forms.factors import LoginCodeForm
from app.accounts.operations import passkey_proofs, second_factor, second_step
from app.accounts.operations.passkeys import Purpose
from app.accounts.operations.second_step import Arrival
from app.accounts.relying_party import challenge_of
from app.accounts.views import asked, json_input
from app.accounts.views.answers import refused
from app.accounts.views.factors_bp import bp
from app.accounts.views.ways import home_or
from app.platform.errors import Refused
from app.platform.guards import Access, guard, keep_writes
from app.platform.pages import form_page, page, see
from app.platform.viewer import viewer
from app.platform.web import client

PAGE = "accounts/factors/login_code.html"


@bp.get("/login/code")
@guard(Access.ANYONE)
def login_code() -> Response:
    try:
        return page(PAGE, form=LoginCodeForm(formdata=None), **_about())
    except ChallengeGone:
        return see("/login")


@bp.post("/login/code")
@guard(Access.ANYONE, limit="sign_in", once=False)
def do_login_code() -> Response:
    if viewer() is not None:
        return see(home_or(None))
    form = LoginCodeForm()
    try:
        if not form.validate():
            return form_page(PAGE, form=form, **_about())
        return see(_enter(second_step.with_code(browser.waiting_challenge(), form.typed, client())))
    except (ChallengeGone, FirstProofVoid) as over:
        return _start_again(over)
    except Refused as error:
        keep_writes()
        return refused(error, form, PAGE, **_about())


@bp.post("/login/code/passkey/options")
@guard(Access.ANYONE, limit="sign_in", once=False)
def code_passkey_options() -> Response:
    new = passkey_proofs.ask(Purpose.CODE, second_factor.pending(browser.waiting_challenge()).user_id)
    asked.keep(new.options["challenge"], new.secret)
    return json_input.options(new.options)


@bp.post("/login/code/passkey")
@guard(Access.ANYONE, limit="sign_in", once=False)
def do_code_passkey() -> Response:
    answer = json_input.mapping(json_input.body(), "credential")

    def prove() -> Response:
        secret = asked.secret_of(challenge_of(answer))
        arrival = second_step.with_passkey(browser.waiting_challenge(), secret, answer, client())
        return json_input.go_on(_enter(arrival))

    return json_input.proving(prove)


def _about() -> dict[str, Any]:
    person = second_factor.pending(browser.waiting_challenge())
    # Phones show digits only for the app's codes; recovery codes have letters.
    return {"factors": queries_factors.factors(person.user_id), "recovery": "recovery" in request.args}


def _start_again(over: Refused) -> Response:
    browser.wait_for_code("")
    flash(over.message, "bad")
    return see("/login")


def _enter(arrival: Arrival) -> str:
    browser.sign_in(arrival.token, remember=arrival.remember)
    return home_or(arrival.next)
