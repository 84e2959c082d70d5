"""What the chain offers for an invoice, and what its payer sees while it waits."""

from dataclasses import dataclass
from urllib.parse import urlencode

import segno

from app.invoices.models import Attempt, Invoice
from app.invoices.rails import Offer, Rail
from app.kit import clock
from app.kit.money import readable
from app.payments import queries
from app.payments import queries_solana as chain
from app.payments.gateways.solana import links, signer
from app.payments.operations import solana_prices as prices
from app.payments.solana.values import COINS, RAIL, SOL
from app.platform.settings import settings

ABOUT = {"USDC": "Dollars on Solana", "SOL": "Solana's own coin"}


@dataclass(frozen=True, slots=True)
class Panel:
    """All that a payer needs, with or without JavaScript."""

    coin: str
    amount: str
    figure: str
    wallet: str
    memo: str
    link: str
    picture: str
    over: bool
    coming: str
    play: str
    network: str


def is_on() -> bool:
    """Nodes to ask, a wallet to be paid to, and its books opened."""
    if not settings().solana_rpc_url:
        return False
    wallet = signer.address()
    return bool(wallet) and chain.cursor(wallet) is not None


def _offers(invoice: Invoice) -> list[Offer]:
    if not is_on() or not queries.is_open(RAIL, invoice.seller_id):
        return []
    return [offer for coin in COINS if (offer := _offer(invoice, coin))]


def _offer(invoice: Invoice, coin: str) -> Offer | None:
    price = prices.current(coin, invoice.currency)
    if price is None:
        return None
    units = prices.units(invoice.missing, invoice.currency, coin, price.text)
    return Offer(RAIL, coin, "coins", f"{ABOUT[coin]}, {readable(units, coin)}", coin)


def panel(attempt: Attempt, invoice: Invoice) -> Panel:
    coin = attempt.rail_currency
    left = max(attempt.rail_amount - chain.brought(attempt.id), 1)
    link = pay_link(attempt, left)
    seen = attempt.data.get("seen") or {}
    return Panel(
        coin=coin,
        amount=readable(left, coin),
        figure=links.whole(left, coin),
        wallet=signer.address(),
        memo=memo(attempt),
        link=link,
        picture=segno.make(link, error="l").svg_data_uri(scale=5, border=4),
        over=attempt.expires_at is not None and attempt.expires_at <= clock.now(),
        coming=readable(seen["units"], coin) if seen else "",
        play=_play_page(link, invoice),
        network="solana:devnet" if settings().demo else "solana:mainnet",
    )


def pay_link(attempt: Attempt, units: int) -> str:
    assert attempt.reference is not None
    label = settings().site_name
    return links.pay_link(
        signer.address(), units, attempt.rail_currency, attempt.reference, label=label, memo=memo(attempt)
    )


def memo(attempt: Attempt) -> str:
    """For people who look at the chain; everybody can read it, so it says nothing of anybody."""
    return attempt.id.hex[-12:]


def is_play() -> bool:
    """The chain of demo mode, which no real wallet reaches."""
    chosen = settings()
    return chosen.demo and chosen.solana_rpc_url[:1] == [f"http://127.0.0.1:{chosen.chain_port}"]


def _play_page(link: str, invoice: Invoice) -> str:
    if not is_play():
        return ""
    back = f"{settings().base_url}/invoices/{invoice.id}"
    return f"{settings().solana_rpc_url[0]}/wallet?{urlencode({'uri': link, 'return': back})}"


SOLANA_RAIL = Rail(
    RAIL,
    "Solana",
    30,
    offers=_offers,
    refund_work="payments.solana_refund",
    panel="payments/_solana_panel.html",
    can_be_disputed=False,
    floats=frozenset({SOL}),
)
