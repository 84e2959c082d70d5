from collections.abc import Iterator

import pytest
from flask import Flask

from app.config import Settings
from tests.nginx.front import Front, running_front


@pytest.fixture(scope="session")
def running(whole_app: Flask, settings: Settings) -> Iterator[Front]:
    with running_front(settings) as front:
        yield front


@pytest.fixture
def front(running: Front, app: Flask) -> Front:
    """Over empty tables, which come from `app`."""
    return running
