"""The nginx of this machine: where it is, and what it can do."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from workers.stack.errors import StackError

# To load before nginx can send what brotli packed, and before it can see to bodies that drip; in this order.
BROTLI = ("ngx_http_brotli_static_module.so",)
LUA = ("ndk_http_module.so", "ngx_http_lua_module.so")
# It refuses strange names during the handshake.
OLDEST = (1, 19, 4)
HTTP2_BY_ITSELF = (1, 25, 1)
PACKAGES = "nginx libnginx-mod-http-brotli-static brotli libnginx-mod-http-lua"
MISSING = f"nginx is not installed. Install it first: sudo apt install {PACKAGES}"


@dataclass(frozen=True)
class Nginx:
    path: str
    version: tuple[int, ...]
    modules: tuple[Path, ...]

    @classmethod
    def find(cls) -> "Nginx":
        path = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if path is None:
            raise StackError(MISSING)
        told = subprocess.run([path, "-V"], capture_output=True, text=True, check=True).stderr
        number = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", told)
        version = tuple(int(part) for part in number.groups()) if number else (0,)
        if version < OLDEST:
            raise StackError(f"nginx {'.'.join(map(str, version))} is too old: 1.19.4 or newer is needed.")
        folder = re.search(r"--modules-path=(\S+)", told)
        return cls(path, version, _present(Path(folder[1])) if folder else ())

    @property
    def brotli(self) -> bool:
        return self._has(BROTLI)

    @property
    def lua(self) -> bool:
        return self._has(LUA)

    def _has(self, names: tuple[str, ...]) -> bool:
        return set(names) <= {module.name for module in self.modules}

    @property
    def http2_by_itself(self) -> bool:
        """Newer ones have a line for it, and warn of the word in `listen`."""
        return self.version >= HTTP2_BY_ITSELF

    def check(self, configuration: Path) -> None:
        """StackError with what nginx says against it."""
        done = subprocess.run(
            [self.path, "-t", "-q", "-c", str(configuration)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise StackError(f"nginx does not take {configuration}:\n{done.stderr.strip()}")


def _present(folder: Path) -> tuple[Path, ...]:
    whole = [names for names in (BROTLI, LUA) if all((folder / name).exists() for name in names)]
    return tuple(folder / name for names in whole for name in names)
