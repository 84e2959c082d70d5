"""Faults have servers of their own: what they break is nobody else's."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.config import Settings
from tests.platform.houses import a_mortal_house
from workers.stack.embedded import EmbeddedServers

Mortal = tuple[Flask, EmbeddedServers]


@pytest.fixture(scope="session")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    with a_mortal_house(tmp_path_factory.mktemp("mortal")) as house:
        yield house


@pytest.fixture(scope="session")
def servers(mortal: Mortal) -> EmbeddedServers:
    return mortal[1]


@pytest.fixture(scope="session")
def settings(mortal: Mortal) -> Settings:
    settings = mortal[0].extensions["fanlight.settings"]
    assert isinstance(settings, Settings)
    return settings


@pytest.fixture(scope="session")
def whole_app(mortal: Mortal) -> Flask:
    return mortal[0]
