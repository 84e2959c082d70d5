"""Fixtures of the platform's tests."""

import pytest
from flask import Flask

from tests.faults import kinds
from tests.platform.audited import intruder, ten  # noqa: F401 - fixtures


@pytest.fixture
def effects_table(context: Flask) -> None:
    kinds.make_tables()
