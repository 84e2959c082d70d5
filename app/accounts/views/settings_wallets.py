"""Settings, wallets: linked, renamed, removed."""

from flask import flash
from werkzeug.wrappers import Response

from app.accounts import browser, queries_factors
from app.accounts.forms.factors import LabelForm, label_or
from app.accounts.operations import wallets
from app.accounts.operations.wallet_proofs import Purpose
from app.accounts.views import json_input, wallet_input
from app.accounts.views.factors_bp import bp
from app.accounts.views.login_wallet import UNNAMED
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import page, see
from app.platform.viewer import signed_in_viewer

HERE = "/settings/wallets"
PAGE = "accounts/factors/wallet.html"


@bp.get(HERE)
@guard(Access.SIGNED_IN)
def show_wallets() -> Response:
    return page("accounts/factors/wallets.html", wallets=queries_factors.wallets(signed_in_viewer().id))


@bp.post(f"{HERE}/start")
@guard(Access.SIGNED_IN, fresh=True)
def start_link_wallet() -> Response:
    return wallet_input.start(Purpose.LINK, signed_in_viewer().id)


@bp.post(HERE)
@guard(Access.SIGNED_IN, fresh=True)
def link_wallet() -> Response:
    person, body = signed_in_viewer(), json_input.body()

    def prove() -> Response:
        secret, proof = wallet_input.secret_of(body), wallet_input.proof_of(body)
        name = label_or(json_input.text(body, "name"), UNNAMED)
        browser.renew(wallets.link(person.id, person.session_id, secret, proof, name))
        flash("The wallet is linked: from now on it opens your account.", "good")
        return json_input.go_on(HERE)

    return json_input.proving(prove)


@bp.get(f"{HERE}/<string:address>")
@guard(Access.SIGNED_IN)
def show_wallet(address: str) -> Response:
    return _page(address, LabelForm(formdata=None))


@bp.post(f"{HERE}/<string:address>/rename")
@guard(Access.SIGNED_IN)
def rename_wallet(address: str) -> Response:
    form = LabelForm()
    if not form.validate():
        return _page(address, form, status=422)
    wallets.rename(signed_in_viewer().id, address, form.typed)
    flash("The wallet has its new name.", "good")
    return see(HERE)


@bp.post(f"{HERE}/<string:address>/remove")
@guard(Access.SIGNED_IN, fresh=True)
def remove_wallet(address: str) -> Response:
    person = signed_in_viewer()
    try:
        browser.renew(wallets.remove(person.id, person.session_id, address))
    except NotFound:
        raise
    except Refused as refused:
        return _page(address, LabelForm(formdata=None), status=refused.status, refused=refused.message)
    flash("The wallet no longer opens your account.", "good")
    return see(HERE)


def _page(address: str, form: LabelForm, *, status: int = 200, refused: str | None = None) -> Response:
    wallet = queries_factors.wallet(address)
    if wallet is None or wallet.user_id != signed_in_viewer().id:
        raise NotFound
    return page(PAGE, status=status, wallet=wallet, form=form, refused=refused)
