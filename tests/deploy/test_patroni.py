"""What lies in deploy/patroni keeps its promises; `make faults` runs it and kills its primary."""

import re
from typing import Any

import pytest
import yaml

from workers.stack.environment import ROOT
from workers.stack.postgres import READER

FOLDER = ROOT / "deploy" / "patroni"


@pytest.fixture(scope="module")
def agreed() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "patroni.yml").read_text())["bootstrap"]["dcs"]
    return found


def test_no_acknowledged_payment_is_on_one_machine_alone(agreed: dict[str, Any]) -> None:
    assert agreed["synchronous_mode"] is agreed["synchronous_mode_strict"] is True
    assert agreed["postgresql"]["parameters"]["synchronous_commit"] == "on"


def test_a_slow_network_is_no_death(agreed: dict[str, Any]) -> None:
    assert agreed["ttl"] >= agreed["loop_wait"] + 2 * agreed["retry_timeout"]


def test_the_log_of_the_backups_is_kept_on_all_machines(agreed: dict[str, Any]) -> None:
    assert agreed["slots"] == {READER: {"type": "physical"}}


def test_no_secret_stands_in_the_examples() -> None:
    told = re.findall(r"^(\w+)=(.*)$", (FOLDER / "patroni.env.example").read_text(), re.MULTILINE)
    assert all(name.startswith("PATRONI_") for name, _ in told)
    assert [value for name, value in told if name.endswith("PASSWORD")] == [""] * 4
    assert "password:" not in (FOLDER / "patroni.yml").read_text()
