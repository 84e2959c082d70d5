"""Static files as nginx hands them out: packed ahead, each version in a folder of its own.

    <to>/<version>/static/css/app.css      and .gz, .br beside it, for css/app.css?v=<version>
    <to>/now/static/css/app.css            for who asks without a version

What was packed once stays, for pages of earlier releases that are still open. Styles go without what is for
us alone, comments and indents: the first paint waits for them.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from app.platform.assets import version
from app.platform.packing import LEAST, ONCE_FOR_GOOD, gzipped

TEXTS = {".css", ".js", ".svg", ".webmanifest", ".txt"}
NOW = "now"
FOR_US = re.compile(rb"/\*.*?\*/|(?<=\n)\s+", re.S)


def pack_all(static: Path, to: Path) -> None:
    brotli = shutil.which("brotli")
    for path in sorted(static.rglob("*")):
        if path.is_file():
            name = Path("static") / path.relative_to(static)
            kept = to / version(path) / name
            if not kept.exists():
                _keep(path, kept, brotli)
            _show(kept, to / NOW / name)


def _keep(path: Path, kept: Path, brotli: str | None) -> None:
    """The open file last: where it is, the packed ones are."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    data = FOR_US.sub(b"", path.read_bytes()) if path.suffix == ".css" else path.read_bytes()
    if path.suffix in TEXTS and len(data) >= LEAST:
        _write(kept.with_name(f"{kept.name}.gz"), gzipped(data, ONCE_FOR_GOOD))
        if brotli:
            command = [brotli, "--best", "--stdout"]
            packed = subprocess.run(command, input=data, capture_output=True, check=True).stdout
            _write(kept.with_name(f"{kept.name}.br"), packed)
    _write(kept, data)


def _show(kept: Path, shown: Path) -> None:
    """As a second name, put in place of the last release's at once."""
    shown.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", ".gz", ".br"):
        source, target = kept.with_name(kept.name + suffix), shown.with_name(shown.name + suffix)
        if not source.exists():
            target.unlink(missing_ok=True)
        elif not (target.exists() and target.samefile(source)):
            making = target.with_name(f".{target.name}.new")
            making.unlink(missing_ok=True)
            os.link(source, making)
            making.replace(target)


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, and for all to read."""
    making = path.with_name(f".{path.name}.new")
    making.write_bytes(data)
    making.chmod(0o644)
    making.replace(path)
