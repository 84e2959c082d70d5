"""The play wallet in a browser: what a link asks for, and two buttons. No JavaScript."""

import os
import secrets
from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlsplit

from flask import Blueprint, abort, g, make_response, redirect, render_template, request
from solders.pubkey import Pubkey
from werkzeug.wrappers import Response

from workers.doubles.chain import pay, wallet
from workers.doubles.chain.chain import DECIMALS, USDC, Chain, Refusal
from workers.doubles.chain.pay import Ask, Unpayable
from workers.doubles.chain.wallet import FIRST_LAMPORTS, FIRST_USDC, Wallet

COOKIE = "play_wallet"
ONE_YEAR = 365 * 24 * 3600
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
SENT = "sent"

blueprint = Blueprint("pages", __name__, template_folder="templates", static_folder="static")


@blueprint.before_request
def from_own_page() -> None:
    """Another site cannot press the buttons."""
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin and urlsplit(origin).netloc != request.host:
        abort(403)


@blueprint.get("/wallet")
def ask() -> Response:
    with g.chain.alone() as chain:
        name, found = _mine(chain)
        return _page(name, found, request.args.get("uri", ""))


@blueprint.post("/wallet")
def answer() -> Response:
    link, back = request.form.get("uri", ""), _back()
    if request.form.get("answer") != "approve":
        return redirect(back, 303) if back else redirect("/wallet", 303)
    with g.chain.alone() as chain:
        name, found = _mine(chain)
        try:
            _pay_once(chain, found, link)
        except Unpayable as error:
            return _page(name, found, link, str(error), 422)
        except Refusal as refusal:
            return _page(name, found, link, _in_words(refusal), 422)
        return redirect(back, 303) if back else _page(name, found, "", SENT)


@blueprint.post("/wallet/faucet")
def faucet() -> Response:
    with g.chain.alone() as chain:
        name, found = _mine(chain)
        chain.give(found.address, lamports=FIRST_LAMPORTS, usdc=FIRST_USDC)
        return _page(name, found, request.form.get("uri", ""))


def _pay_once(chain: Chain, found: Wallet, link: str) -> None:
    """A page that is sent twice pays once."""
    token = request.form.get("token", "")
    if not token or chain.store.approved(token):
        return
    asked, typed = pay.read(link), request.form.get("amount", "").strip()
    if asked.amount is None and typed:
        asked = replace(asked, amount=pay.amount(typed))
    signature = found.pay(asked)
    with chain.store.writing():
        chain.store.approve(token, signature)


def _mine(chain: Chain) -> tuple[str, Wallet]:
    """This browser's wallet: the cookie names its key, which stays here."""
    name = request.cookies.get(COOKIE) or secrets.token_urlsafe(24)
    return name, wallet.named(chain, f"browser {name}")


def _back() -> str:
    """Where to go on: to this machine or to the address that the product is known by."""
    back = request.values.get("return", "")
    parts = urlsplit(back)
    known = LOOPBACK | {urlsplit(os.environ.get("PUBLIC_URL", "")).hostname, request.host.split(":")[0]}
    return back if parts.scheme in {"http", "https"} and parts.hostname in known else ""


def _page(name: str, found: Wallet, link: str, said: str = "", status: int = 200) -> Response:
    asked, trouble = _read(link)
    back = _back()
    html = render_template(
        "wallet.html",
        asked=asked,
        unit=_unit(asked.mint) if asked else "",
        link=link,
        back=back,
        host=urlsplit(back).netloc,
        sent=said == SENT,
        trouble=trouble or ("" if said == SENT else said),
        sol=_whole(found.lamports, wallet.SOL_DECIMALS),
        usdc=_whole(found.usdc, DECIMALS),
        address=str(found.address),
        token=secrets.token_urlsafe(18),
    )
    response = make_response(html, status)
    response.set_cookie(COOKIE, name, max_age=ONE_YEAR, httponly=True, samesite="Lax")
    target = f"{urlsplit(back).scheme}://{urlsplit(back).netloc}" if back else ""
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {target}"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _read(link: str) -> tuple[Ask | None, str]:
    if not link:
        return None, ""
    try:
        return pay.read(link), ""
    except Unpayable as error:
        return None, str(error)


def _unit(mint: Pubkey | None) -> str:
    if mint is None:
        return "SOL"
    return "USDC" if mint == USDC else f"of token {str(mint)[:8]}…"


def _whole(units: int, decimals: int) -> str:
    text = f"{Decimal(units).scaleb(-decimals):,.{decimals}f}".rstrip("0").rstrip(".")
    return text or "0"


def _in_words(refusal: Refusal) -> str:
    logs = refusal.run.meta["logMessages"] if refusal.run else []
    if any("insufficient" in line for line in logs) or "Insufficient" in str(refusal.why):
        return "There is not enough play money in this wallet. Get some more below."
    return f"The chain refused this payment: {refusal.why}"
