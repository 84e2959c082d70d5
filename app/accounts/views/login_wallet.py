"""Coming in with a Solana wallet, joining with one, and proving once more who one is."""

from flask import session as cookie
from htmx_flask import request
from werkzeug.wrappers import Response

from app.accounts import browser
from app.accounts.errors import ChallengeGone
from app.accounts.forms.factors import WalletJoinForm, label_or
from app.accounts.operations import wallets
from app.accounts.operations.sign_in import CodeNeeded
from app.accounts.operations.wallet_proofs import Purpose
from app.accounts.operations.wallets import StrangerProved
from app.accounts.views import json_input, wallet_input
from app.accounts.views.answers import refused
from app.accounts.views.factors_bp import bp
from app.accounts.views.ways import home_or, wanted
from app.platform.errors import Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.settings import settings
from app.platform.viewer import signed_in_viewer, viewer
from app.platform.web import client

JOIN_PAGE = "accounts/factors/wallet_join.html"
# In the cookie: the proof that waits for a name, where to go on afterwards, and whether to stay.
JOINING = "wallet_join"
UNNAMED = "Solana wallet"


@bp.get("/login/wallet")
@guard(Access.ANYONE)
def login_wallet() -> Response:
    if viewer() is not None:
        return see("/settings/wallets")
    return page("accounts/factors/login_wallet.html", next=wanted(request.args.get("next")))


@bp.post("/login/wallet/start")
@guard(Access.ANYONE, limit="sign_in", once=False)
def start_login_wallet() -> Response:
    return wallet_input.start(Purpose.SIGN_IN)


@bp.post("/login/wallet")
@guard(Access.ANYONE, limit="sign_in", once=False)
def do_login_wallet() -> Response:
    body = json_input.body()
    remember, then = body.get("remember") is True, wanted(json_input.text(body, "next"))
    if viewer() is not None:
        return json_input.go_on(home_or(then))

    def prove() -> Response:
        outcome = wallets.come_in(
            wallet_input.secret_of(body),
            wallet_input.proof_of(body),
            label_or(json_input.text(body, "name"), UNNAMED),
            remember=remember,
            next=then,
            client=client(),
        )
        if isinstance(outcome, StrangerProved):
            cookie[JOINING] = {"secret": outcome.secret, "next": then, "remember": remember}
            return json_input.go_on("/login/wallet/join")
        if isinstance(outcome, CodeNeeded):
            browser.wait_for_code(outcome.challenge)
            return json_input.go_on("/login/code")
        browser.sign_in(outcome.started.token, remember=remember)
        return json_input.go_on(home_or(then))

    return json_input.proving(prove)


@bp.get("/login/wallet/join")
@guard(Access.ANYONE)
def wallet_join() -> Response:
    proved = cookie.get(JOINING)
    if proved is None:
        return see("/login/wallet")
    form = WalletJoinForm(formdata=None, remember=proved["remember"])
    return page(JOIN_PAGE, form=form, min_age=settings().min_age)


@bp.post("/login/wallet/join")
@guard(Access.ANYONE, limit="sign_in", once=False)
def do_wallet_join() -> Response:
    proved = cookie.get(JOINING)
    if proved is None or viewer() is not None:
        return see("/login/wallet")
    form = WalletJoinForm()
    try:
        if form.validate():
            remember = bool(form.remember.data)
            started = wallets.join(proved["secret"], form.newcomer, remember=remember, client=client())
            browser.sign_in(started.token, remember=remember)
            return see(home_or(proved["next"]))
    except ChallengeGone:
        cookie.pop(JOINING, None)
        return see("/login/wallet")
    except Refused as error:
        return refused(error, form, JOIN_PAGE, min_age=settings().min_age)
    return form_page(JOIN_PAGE, form=form, min_age=settings().min_age)


@bp.post("/login/confirm/wallet/start")
@guard(Access.SIGNED_IN, limit="sign_in", once=False)
def start_confirm_wallet() -> Response:
    return wallet_input.start(Purpose.CONFIRM, signed_in_viewer().id)


@bp.post("/login/confirm/wallet")
@guard(Access.SIGNED_IN, limit="sign_in", once=False)
def do_confirm_wallet() -> Response:
    person, body = signed_in_viewer(), json_input.body()

    def prove() -> Response:
        secret, proof = wallet_input.secret_of(body), wallet_input.proof_of(body)
        browser.renew(wallets.confirm(person.id, person.session_id, secret, proof))
        return json_input.go_on(home_or(json_input.text(body, "next")))

    return json_input.proving(prove)
