"""The programs of the product, as the process runner gets them."""

import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path

from app.config import Settings
from workers.stack.doubles import Double
from workers.stack.environment import ROOT, Folders
from workers.stack.server import Server, tethered
from workers.stack.serving import GRACE

# Who ends sooner than this is started again after a pause, longer each time.
SETTLING = 10
# A job may take a while; what is longer is cut off and redriven at the next start.
JOB_GRACE = 60
# After its grace a program is killed by the runner; this is when we stop to wait for that.
LONGEST_STOP = JOB_GRACE + 15.0


@dataclass(frozen=True)
class Program:
    name: str
    command: list[str]
    # Lower starts earlier and stops later.
    priority: int
    stop_signal: str = "TERM"
    stop_wait: int = 15
    environment: dict[str, str] = field(default_factory=dict)

    def section(self, folders: Folders) -> str:
        """Its part of supervisord's configuration."""
        environment = ",".join(f'{name}="{value}"' for name, value in self.environment.items())
        lines = {
            "command": shlex.join(self.command),
            "directory": str(ROOT),
            "environment": environment,
            "priority": str(self.priority),
            "autostart": "false",
            "autorestart": "true",
            "startsecs": str(SETTLING),
            "startretries": "20",
            "stopsignal": self.stop_signal,
            "stopwaitsecs": str(self.stop_wait),
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": str(folders.log / f"{self.name}.log"),
            "stdout_logfile_maxbytes": "10MB",
            "stdout_logfile_backups": "3",
        }
        text = "".join(f"{name}={_escaped(value)}\n" for name, value in lines.items() if value)
        return f"\n[program:{self.name}]\n{text}"


def servers(embedded: list[Server]) -> list[Program]:
    return [
        Program(server.name, server.supervised(), 10 + index, server.stop_signal.name[3:], stop_wait=60)
        for index, server in enumerate(embedded)
    ]


def processes(settings: Settings, folders: Folders) -> list[Program]:
    """In the order of their start, which is that of their stop as well: what people wait for goes first.

    The limits are a net for leaks, far above what they need.
    """
    count = settings.worker_processes
    names = ["worker"] if count == 1 else [f"worker-{number}" for number in range(1, count + 1)]
    metrics = {"PROMETHEUS_MULTIPROC_DIR": str(folders.run / "metrics" / "web")}
    web = tethered([sys.executable, "wsgi.py"], memory=1536)
    return [
        Program("web", web, 60, stop_wait=int(GRACE) + 10, environment=metrics),
        Program("realtime", _module("workers.realtime", memory=1536), 50),
        *(
            Program(name, _module("workers.run", memory=2048, nice=5), 40, stop_wait=JOB_GRACE)
            for name in names
        ),
        Program("scheduler", _module("workers.scheduler", memory=1024, nice=2), 30),
        *([_recovery()] if settings.backup_to else []),
    ]


def _recovery() -> Program:
    """Last to stop of what is ours, so that the last change is brought away too."""
    return Program("recovery", _module("workers.recovery", "receive", memory=1024, nice=5), 25, stop_wait=30)


def play(doubles: list[Double], folders: Folders) -> list[Program]:
    """They start last and stop last: what runs before them asks them."""
    return [
        Program(
            double.name,
            _module(
                double.module,
                "--port",
                str(double.port),
                "--state",
                str(folders.data / double.name),
                *double.options,
                memory=1024,
            ),
            20,
            environment=double.environment,
        )
        for double in doubles
    ]


def configuration(programs: list[Program], folders: Folders, socket: Path, *, root: bool) -> str:
    """The whole of supervisord's configuration."""
    daemon = {
        "nodaemon": "true",
        "silent": "true",
        "user": "root" if root else "",
        "logfile": str(folders.log / "supervisord.log"),
        "logfile_maxbytes": "5MB",
        "logfile_backups": "2",
        "pidfile": str(folders.run / "supervisord.pid"),
        "identifier": "fanlight",
    }
    factory = "supervisor.rpcinterface:make_main_rpcinterface"
    return (
        "[supervisord]\n"
        + "".join(f"{name}={_escaped(value)}\n" for name, value in daemon.items() if value)
        + f"\n[unix_http_server]\nfile={_escaped(str(socket))}\nchmod=0600\n"
        + f"\n[supervisorctl]\nserverurl=unix://{_escaped(str(socket))}\n"
        + f"\n[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory={factory}\n"
        + "".join(program.section(folders) for program in programs)
    )


def _module(name: str, *arguments: str, memory: int, nice: int = 0) -> list[str]:
    return tethered([sys.executable, "-m", name, *arguments], memory=memory, nice=nice)


def _escaped(value: str) -> str:
    return value.replace("%", "%%")
