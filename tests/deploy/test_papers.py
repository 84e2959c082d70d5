"""What lies in deploy/ fits the code: units, the container's files, the scripts."""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.config import Settings
from tests.deploy.a_house import CODE
from workers.deploy.house import House, Proxy
from workers.deploy.units import BACK, FRONT, UNITS, Unit, lines
from workers.stack.environment import ROOT
from workers.stack.programs import JOB_GRACE
from workers.stack.serving import GRACE
from wsgi import MARGIN

KINDS = (*FRONT, *BACK)
DEPLOY = ROOT / "deploy"
KNOWN = {name.upper() for name in Settings.model_fields} | {"PROMETHEUS_MULTIPROC_DIR"}
MEGABYTES = re.compile(r"(\d+)[mM]")
# What the smallest server has, and what PostgreSQL, Redis, nginx and the system itself take of it.
SMALLEST, OTHERS = 2048, 350


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "opt", tmp_path / "etc", Proxy(tmp_path, tmp_path))


def said(kind: str, house: House) -> dict[str, list[str]]:
    return lines(UNITS / f"fanlight-{kind}@.service", "blue", house)


def begins(command: list[str]) -> bool:
    """Whether there is what this runs."""
    if command[:2] == ["python", "-m"]:
        return importlib.util.find_spec(command[2]) is not None
    return (ROOT / command[1]).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_each_unit_runs_what_is_there(kind: str, house: House) -> None:
    unit = Unit.read(kind, "blue", house)
    assert begins(["python", *unit.command[1:]])
    assert unit.folder == house.home / "blue"
    assert unit.command[0] == str(house.home / "blue" / ".venv" / "bin" / "python")


def test_nobody_is_cut_off_who_would_finish(house: House) -> None:
    assert Unit.read("web", "blue", house).stop_seconds > GRACE + MARGIN
    assert Unit.read("worker", "blue", house).stop_seconds > JOB_GRACE


@pytest.mark.parametrize("kind", KINDS)
def test_no_unit_may_do_more_than_it_needs(kind: str, house: House) -> None:
    unit = said(kind, house)
    kept = {
        "User": "fanlight",
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "PrivateDevices": "yes",
        "Restart": "on-failure",
        "SystemCallFilter": "@system-service",
    }
    assert {name: unit[name][0] for name in kept} == kept


def test_all_of_it_fits_into_a_small_server(house: House) -> None:
    assert sum(megabytes(said(kind, house)["MemoryMax"][0]) for kind in KINDS) <= SMALLEST - OTHERS


def megabytes(text: str) -> int:
    found = MEGABYTES.fullmatch(text)
    assert found, text
    return int(found[1])


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for path in UNITS.iterdir():
        for name in (path.name, path.name.replace("@.", "@blue.")):
            text = re.sub(r"/opt/fanlight/(%i|active)/.venv/bin/python", sys.executable, path.read_text())
            (tmp_path / name).write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.glob("*@blue.*")))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "fanlight" in line]
    assert (done.returncode, ours) == (0, [])


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return read


def test_the_containers_run_what_is_there_within_the_same_bounds(
    composed: dict[str, Any], house: House
) -> None:
    services = composed["services"]
    for kind in KINDS:
        service, unit = services[kind], said(kind, house)
        assert begins(service["command"])
        assert megabytes(service["mem_limit"]) == megabytes(unit["MemoryMax"][0])
        assert service["stop_grace_period"] == f"{unit['TimeoutStopSec'][0]}s"
        assert set(service["environment"]) <= KNOWN
    asked = str(services["web"]["healthcheck"]) + str(services["realtime"]["healthcheck"])
    assert f":{Settings.model_fields['port'].default}/readyz" in asked
    assert f":{Settings.model_fields['ws_port'].default}/healthz" in asked


def test_what_the_containers_wait_for_and_keep_is_there(composed: dict[str, Any]) -> None:
    services, volumes = composed["services"], composed["volumes"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        for name, how in service.get("depends_on", {}).items():
            assert how["condition"] != "service_healthy" or "healthcheck" in services[name]
        named = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert {name for name in named if not name.startswith(".")} <= set(volumes)


def test_the_image_holds_all_that_a_release_is() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    copied = {word for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE) for word in line.split()}
    assert set(CODE) - {"deploy"} <= copied
    assert all((ROOT / name).exists() for name in copied)


def test_the_one_that_brings_backups_away_is_kept_as_the_others_are(house: House) -> None:
    unit = lines(UNITS / "fanlight-recovery.service", "", house)
    assert begins(["python", *shlex.split(unit["ExecStart"][0])[1:]])
    same = ("User", "Restart", "RestartPreventExitStatus", "NoNewPrivileges", "CapabilityBoundingSet")
    assert {name: unit[name] for name in same} == {name: said("worker", house)[name] for name in same}
    assert "Wants=fanlight-recovery.service" in (UNITS / "fanlight@.target").read_text()


@pytest.mark.skipif(not shutil.which("logrotate"), reason="there is no logrotate here")
def test_what_nginx_writes_is_put_away(tmp_path: Path) -> None:
    """Its file asked about a folder of ours, without doing anything."""
    (tmp_path / "front.log").write_text("{}\n")
    rule = (DEPLOY / "logrotate").read_text()
    assert "log=/var/log/fanlight" in (DEPLOY / "install.sh").read_text()
    # Accounts of a machine with nginx, which this one may lack.
    rule = rule.replace("/var/log/fanlight/", f"{tmp_path}/").replace(" www-data adm", "")
    (tmp_path / "rule").write_text(f"su root root\n{rule}" if os.geteuid() == 0 else rule)
    (tmp_path / "rule").chmod(0o644)
    command = ["logrotate", "--debug", "--force", "--state", str(tmp_path / "state"), str(tmp_path / "rule")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "error" not in done.stderr, done.stderr
    assert f"rotating log {tmp_path}/front.log" in done.stderr


@pytest.mark.parametrize("script", ["install.sh", "release.sh", "restore.sh"])
def test_the_scripts_are_well_formed(script: str) -> None:
    subprocess.run(["bash", "-n", DEPLOY / script], check=True)
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", DEPLOY / script], check=True)


def test_what_stops_an_installation_is_named() -> None:
    begins = re.findall(r"(?m)^(?:set -E.*|say\(\) .*|trap .*)$", (DEPLOY / "install.sh").read_text())
    steps = "step() { quiet=$(false || true); false --quiet; }\nstep\necho went on"
    said = subprocess.run(
        ["bash", "-c", "\n".join([*begins, steps])], capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    assert said.stderr.count("It stopped at: false --quiet.") == 1
    assert not said.stdout


@pytest.mark.parametrize(
    ("database", "redis", "elsewhere"),
    [
        ("DATABASE_URL=postgresql://f:p@127.0.0.1/fanlight", "redis://127.0.0.1:6379/0", ""),
        ("DATABASE_URL=postgresql://f:p@10.0.0.5/fanlight", "redis://:p@10.0.0.5:6379/0", "database redis"),
        (
            "DATABASE_URL=postgresql://f:p@127.0.0.1:6432/fanlight\n"
            "DATABASE_DIRECT_URL=postgresql://f:p@10.0.0.5/fanlight",
            "redis://localhost:6379/0",
            "database",
        ),
    ],
)
def test_a_machine_that_joins_others_gets_no_servers_that_they_have(
    database: str, redis: str, elsewhere: str, tmp_path: Path
) -> None:
    (tmp_path / "env").write_text(f"{database}\nREDIS_URL={redis}\n")
    asked = re.findall(r"(?m)^(?:database_is_)?elsewhere\(\) .*$", (DEPLOY / "install.sh").read_text())
    ask = "database_is_elsewhere && echo database; elsewhere REDIS_URL && echo redis; true"
    script = "\n".join(["set -eu", f"etc={tmp_path}", *asked, ask])
    said = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.split() == elsewhere.split()


def test_what_is_installed_is_what_is_read(tmp_path: Path) -> None:
    script = (DEPLOY / "install.sh").read_text()
    written = set(re.findall(r'^ +echo "([A-Z_]+)=', script, re.MULTILINE))
    assert {"MODE", "DATABASE_URL", "BACKUP_DATABASE_URL"} <= written <= KNOWN
    for name, text in {"deploy.toml": r"<<TOML\n(.*?)\nTOML", "blue.env": r"<<ENV\n(.*?)\nENV"}.items():
        found = re.search(text, script, re.DOTALL)
        assert found
        (tmp_path / name).write_text(
            found[1].replace("$home", "/opt/fanlight").replace("$etc", str(tmp_path)).replace("$2", "3000")
            .replace("$3", "3002")
        )  # fmt: skip
    house = House.read(tmp_path / "deploy.toml")
    assert (house.runner, house.account, house.nginx.port) == ("systemd", "fanlight", 443)
    assert house.ports("blue") == (3000, 3002)
