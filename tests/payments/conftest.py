"""A processor for each file of tests; each test finds it without faults, and told out."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.factories.invoices import shop
from tests.payments.cards import Till, a_till, taking_cards


@pytest.fixture(scope="module")
def processor(whole_app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    with a_till(whole_app, tmp_path_factory.mktemp("cards")) as till:
        yield till


@pytest.fixture
def till(app: Flask, processor: Till) -> Iterator[Till]:
    shop(app)
    with taking_cards(app, processor.double):
        yield processor
        processor.double.control("faults/clear")
        processor.settle()
