"""The units in deploy/systemd, as others than systemd read them: one truth about how a process is run."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from workers.deploy.house import House
from workers.stack.environment import ROOT

UNITS = ROOT / "deploy" / "systemd"
HOME, ETC = "/opt/fanlight", "/etc/fanlight"
# What visitors wait for, and what works behind it.
FRONT = ("web", "realtime")
BACK = ("worker", "scheduler")


@dataclass(frozen=True)
class Unit:
    """One service of one colour."""

    name: str
    command: list[str]
    folder: Path
    environment: dict[str, str]
    stop_seconds: int

    @classmethod
    def read(cls, kind: str, colour: str, house: House) -> "Unit":
        said = lines(UNITS / f"fanlight-{kind}@.service", colour, house)
        environment: dict[str, str] = {}
        for path in said["EnvironmentFile"]:
            environment |= {name: value or "" for name, value in dotenv_values(path).items()}
        return cls(
            f"{kind}@{colour}",
            shlex.split(said["ExecStart"][0]),
            Path(said["WorkingDirectory"][0]),
            environment,
            int(said["TimeoutStopSec"][0]),
        )


def lines(path: Path, colour: str, house: House) -> dict[str, list[str]]:
    """What a unit says, with this house's folders."""
    text = path.read_text().replace("%i", colour)
    text = text.replace(HOME, str(house.home)).replace(ETC, str(house.etc))
    said: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, is_line, value = line.partition("=")
        if is_line and not line.startswith("#"):
            said.setdefault(name, []).append(value)
    return said
