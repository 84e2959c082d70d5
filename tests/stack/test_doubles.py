"""Which play services `make run` starts, and where."""

import socket
from typing import Any

from app.config import Mode, Settings, load_settings
from tests.support import free_port
from workers.doubles.chain import USDC
from workers.stack import doubles
from workers.stack.doubles import Double
from workers.stack.environment import Surroundings


def settings(**given: Any) -> Settings:
    secret = "a-secret-that-only-tests-know-0123456789"
    needed = {"database_url": "postgresql://a:b@c/d", "redis_url": "redis://e", "secret_key": secret}
    return load_settings(**needed, encryption_keys=[secret], **given)


def the_chain(found: Settings, **given: str) -> Double | None:
    play = doubles.wanted(found, Surroundings(given))
    return next((double for double in play if double.name == "chain"), None)


def test_demo_mode_has_a_chain_of_its_own_and_the_product_is_told_where() -> None:
    port = free_port()
    chain = the_chain(settings(chain_port=port))
    assert chain
    assert chain.port == port
    assert chain.settings == {
        "SOLANA_RPC_URL": f"http://127.0.0.1:{port}",
        "SOLANA_USDC_MINT": USDC,
        "CHAIN_PORT": str(port),
    }


def test_who_names_a_node_gets_no_chain() -> None:
    url = "https://node.example"
    assert the_chain(settings(solana_rpc_url=url), SOLANA_RPC_URL=url) is None


def test_live_mode_has_none() -> None:
    live = {"public_url": "https://a.example", "smtp_url": "smtp://b.example", "mail_from": "c@a.example"}
    assert the_chain(settings(mode=Mode.LIVE, **live)) is None


def test_a_taken_port_is_stepped_around_unless_the_owner_chose_it() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as other:
        port = other.getsockname()[1]
        chain = the_chain(settings(chain_port=port))
        assert chain and chain.port != port
        assert chain.settings["CHAIN_PORT"] == str(chain.port)
        chosen = the_chain(settings(chain_port=port), CHAIN_PORT=str(port))
        assert chosen and chosen.port == port
