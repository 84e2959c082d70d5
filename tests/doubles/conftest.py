"""One local chain for all tests that do not stop it, and a card processor for each file of them."""

from collections.abc import Iterator

import pytest
import stripe
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from tests.doubles.cards import CardsDouble, cards_double
from tests.doubles.chain import ChainDouble, chain_double


@pytest.fixture(scope="module")
def double(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CardsDouble]:
    with cards_double(tmp_path_factory.mktemp("cards")) as running:
        yield running


@pytest.fixture
def api(double: CardsDouble) -> stripe.StripeClient:
    return double.client()


@pytest.fixture(scope="session")
def running_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChainDouble]:
    with chain_double(tmp_path_factory.mktemp("chain")) as double:
        yield double


@pytest.fixture
def chain(running_chain: ChainDouble) -> ChainDouble:
    running_chain.no_faults()
    return running_chain


@pytest.fixture
def shop() -> Pubkey:
    """Somebody who is paid; nobody knows them yet."""
    return Keypair().pubkey()


@pytest.fixture
def reference() -> Pubkey:
    return Keypair().pubkey()


@pytest.fixture
def customer(api: stripe.StripeClient) -> stripe.Customer:
    return api.v1.customers.create({"email": "fan@example.org", "metadata": {"person": "7"}})
