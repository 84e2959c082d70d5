"""Alerts fire when they should and at no other time; what they and dashboards name is told by the house."""

import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.ledger import verifying
from app.platform.realtime.metrics import registry
from app.platform.transaction import transaction
from app.platform.watching import noting
from app.platform.watching.figures import forget
from tests.watching.cases import ALONG, BAD, GOOD

WATCHING = Path("deploy/watching")
RULES = WATCHING / "alerts.yml"
RUNBOOK = Path("docs/watching.md")
DASHBOARDS = sorted((WATCHING / "dashboards").glob("*.json"))
NAME = re.compile(r"\bfanlight_\w+")
# What is told of a kind, also before it happened for the first time.
ENDINGS = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
SELECTOR = re.compile(r"(fanlight_\w+)\{([^}]*)\}")
LABEL = re.compile(r'(\w+)="([^"]*)"')


@cache
def rules() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def promtool(*arguments: str | Path) -> str:
    """`make test` brings it along (workers/stack/bootstrap.sh)."""
    program = shutil.which("promtool", path=f"{os.environ['PATH']}:{Path('var/tools').resolve()}")
    assert program, "promtool is missing: make test fetches it"
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def a_day(name: str, series: dict[str, str], expected: set[str]) -> dict[str, Any]:
    """What fires after an hour and a half of it: no alert waits for longer."""
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": "95m",
                "exp_samples": [{"labels": f'{{alertname="{one}"}}', "value": 1} for one in sorted(expected)],
            }
        ],
    }


def asked_by(alert: str) -> dict[str, str]:
    """Of a good day, what this alert asks for; the rest would only take its time."""
    names = set(re.findall(r"\w+", rules()[alert]["expr"]))
    return {one: values for one, values in GOOD.items() if one.split("{")[0] in names}


def try_out(days: list[dict[str, Any]], folder: Path) -> None:
    file = folder / "days.yml"
    told = {"rule_files": [str(RULES.resolve())], "evaluation_interval": "5m", "tests": days}
    file.write_text(yaml.safe_dump(told))
    promtool("test", "rules", file)


def test_each_alert_fires_on_its_day_and_none_on_a_good_one(tmp_path: Path) -> None:
    assert BAD.keys() == rules().keys()
    days = [a_day("all is well", GOOD, set())]
    for alert, changes in BAD.items():
        assert changes.keys() <= GOOD.keys(), alert
        days.append(a_day(alert, asked_by(alert) | changes, {alert} | ALONG.get(alert, set())))
    try_out(days, tmp_path)


def test_the_pool_s_other_way_of_being_full_and_changes_that_fail_to_be_kept_fire_too(tmp_path: Path) -> None:
    others = {
        "PoolFull": {'fanlight_database_pool_timeouts_total{instance="a:3000"}': "0+2x100"},
        "ChangesNotKept": {'fanlight_noted_ok{what="wal"}': "0x100"},
    }
    try_out([a_day(alert, asked_by(alert) | changes, {alert}) for alert, changes in others.items()], tmp_path)


def test_prometheus_takes_the_example() -> None:
    promtool("check", "config", "--syntax-only", WATCHING / "prometheus.yml")


def test_each_alert_says_who_is_told_and_has_its_first_steps() -> None:
    routed = yaml.safe_load((WATCHING / "alertmanager.yml").read_text())["route"]
    severities = {"mail"} | {matcher.split('"')[1] for one in routed["routes"] for matcher in one["matchers"]}
    headings = re.findall(r"^### (\w+)$", RUNBOOK.read_text(), re.M)
    assert set(headings) == rules().keys()
    for name, rule in rules().items():
        assert rule["labels"]["severity"] in severities, name
        assert rule["annotations"].keys() == {"summary", "description", "runbook"}, name
        assert rule["annotations"]["runbook"] == f"{RUNBOOK}#{name.lower()}"


@pytest.fixture
def series(app: Flask) -> dict[str, set[frozenset[tuple[str, str]]]]:
    """All that the product tells, with its labels; realtime has a registry of its own."""
    with app.app_context(), transaction():
        for fact in noting.FACTS:
            noting.note(fact, ok=True, value=1.0)
    with app.app_context():
        verifying.verify_and_note(whole=True)
    forget(app)
    page = app.test_client().get("/metrics").text
    found: dict[str, set[frozenset[tuple[str, str]]]] = {}
    for text in (page, generate_latest(registry).decode()):
        for family in text_string_to_metric_families(text):
            for ending in ENDINGS.get(family.type, ("",)):
                found.setdefault(family.name + ending, set())
            for sample in family.samples:
                found.setdefault(sample.name, set()).add(frozenset(sample.labels.items()))
    forget(app)
    return found


def test_what_alerts_and_dashboards_name_is_told(
    series: dict[str, set[frozenset[tuple[str, str]]]], app: Flask
) -> None:
    assert len(DASHBOARDS) == 4
    asked = [rule["expr"] for rule in rules().values()]
    asked += [target["expr"] for path in DASHBOARDS for target in targets(path)]
    unknown = {name for one in asked for name in NAME.findall(one)} - series.keys()
    assert unknown == set()
    for one in asked:
        for name, labels in SELECTOR.findall(one):
            for label, value in LABEL.findall(labels):
                if label in {"status", "endpoint"}:
                    continue  # of requests, counted as they come
                assert any((label, value) in known for known in series[name]), f"{name}{{{label}={value}}}"


def targets(path: Path) -> list[dict[str, str]]:
    board = json.loads(path.read_text())
    return [target for panel in board["panels"] for target in panel.get("targets", ())]


def test_endpoints_of_webhooks_are_those_that_are_watched(app: Flask) -> None:
    pattern = re.search(r'endpoint=~"([^"]+)"', rules()["WebhooksRefused"]["expr"])
    assert pattern
    hooks = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith("/webhooks/")}
    assert all(re.fullmatch(pattern[1], endpoint) for endpoint in hooks), hooks


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_one_that_grafana_takes(path: Path) -> None:
    board = json.loads(path.read_text())
    assert board["title"] and board["uid"] and board["schemaVersion"] >= 36
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    for panel in board["panels"]:
        assert panel["type"] in {"row", "stat", "timeseries", "table"}
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        if panel["type"] != "row":
            assert panel["title"] and panel["targets"] and panel["datasource"]["uid"] == "${datasource}"
