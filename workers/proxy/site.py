"""nginx's configuration, from the templates in nginx/ and the settings of the house."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app.config import Settings
from app.platform.headers import content_policy, safety, safety_of_files
from workers.proxy.program import Nginx
from workers.stack.environment import ROOT
from workers.stack.errors import StackError

TEMPLATES = ROOT / "nginx"
PLACE = re.compile(r"@([a-z0-9_]+)@")
ALONE = re.compile(rf"(?m)^([ ]*){PLACE.pattern}\n")
# A page as one shows it to a person asks for a good deal besides; the web process counts pages by the minute.
ABOVE_OURS = 2
FEWEST, MOST = 20, 100_000
SECONDS = 60
# The path of a socket has 107 bytes; that of snippets/parts.conf lies in the home.
HOME_MAX = 107 - len("/own/parts.sock")


@dataclass(frozen=True)
class Bounds:
    """Bytes that a request may bring, as the web process has it."""

    form: int
    signed: int
    upload: int


@dataclass(frozen=True)
class Site:
    settings: Settings
    nginx: Nginx
    # Where the configuration lies, and where nginx keeps what it makes and gets from us.
    folder: Path
    home: Path
    certificate: Path
    key: Path
    web: tuple[str, ...]
    realtime: tuple[str, ...]
    https_port: int = 443
    http_port: int = 80
    # On this machine only, or for the world; and by IPv6 too.
    here_only: bool = False
    ipv6: bool = True
    # The account of its workers, where it is started by root.
    account: str = ""
    # Balancers in front of it that may name the visitor.
    trusted: tuple[str, ...] = ()
    # Which a worker may have open, and what says which process it is.
    descriptors: int = 65_536
    pid: Path = Path("/run/nginx.pid")
    access_log: Path = Path("/var/log/nginx/fanlight.log")
    error_log: Path = Path("/var/log/nginx/error.log")

    def texts(self, bounds: Bounds) -> dict[str, str]:
        """Every file of the configuration by its name."""
        if len(os.fsencode(self.home)) > HOME_MAX:
            raise StackError(
                f"{self.home} is too long for a socket in it. Choose a shorter folder: DATA_DIR=... or --home"
            )
        values = self._values(bounds)
        return {
            path.relative_to(TEMPLATES).as_posix(): _filled(path.read_text(), values)
            for path in sorted(TEMPLATES.rglob("*.conf"))
        }

    def _values(self, bounds: Bounds) -> Mapping[str, str]:
        name = urlsplit(self.settings.base_url)
        pages = min(MOST, max(FEWEST, ABOVE_OURS * self.settings.limit_read // SECONDS))
        plain = {
            "folder": self.folder,
            "home": self.home,
            "static": self.home / "static",
            "pages": self.home / "pages",
            "acme": self.home / "acme",
            "maintenance": self.home / "maintenance",
            "storage": (self.settings.data_dir / "storage").absolute(),
            "prefix": self.settings.x_accel_prefix,
            "certificate": self.certificate,
            "certificate_key": self.key,
            "access_log": self.access_log,
            "error_log": self.error_log,
            "name": name.hostname,
            "authority": name.netloc,
            "origin": self.settings.base_url,
            "descriptors": self.descriptors,
            # Each that is handed on takes two.
            "connections": self.descriptors // 2,
            "pid": self.pid,
            "most_form": bounds.form,
            "most_signed": bounds.signed,
            "most_upload": bounds.upload,
            "rate_pages": pages,
            "burst_pages": 5 * pages,
            "policy": content_policy(self.settings),
        }
        return {key: str(value) for key, value in plain.items()} | self._lines()

    def _lines(self) -> dict[str, str]:
        """What is more than a value, or may be nothing."""
        stored = bool(self.settings.x_accel_prefix)
        return {
            "modules": "\n".join(f"load_module {module};" for module in self.nginx.modules),
            "user": f"user {self.account};" if self.account else "",
            "listen_tls_default": self._listen(self.https_port, f"ssl{self._h2_word} default_server"),
            "listen_tls": self._listen(self.https_port, f"ssl{self._h2_word}"),
            "listen_plain_default": self._listen(self.http_port, "default_server"),
            "listen_plain": self._listen(self.http_port, ""),
            "http2": "http2 on;" if self.nginx.http2_by_itself else "",
            "brotli": "brotli_static on;" if self.nginx.brotli else "",
            "dripping": f"include {self.folder}/snippets/dripping.conf;" if self.nginx.lua else "",
            "safety": _headers(safety(self.settings), but=CSP),
            "safety_of_files": _headers(safety_of_files(self.settings)),
            "trusted": _trusted(self.trusted),
            "web": _servers(self.web),
            "realtime": _servers(self.realtime),
            "stored": f"include {self.folder}/snippets/stored.conf;" if stored else "",
            "parts": f"include {self.folder}/snippets/parts.conf;" if stored else "",
        }

    @property
    def _h2_word(self) -> str:
        return "" if self.nginx.http2_by_itself else " http2"

    def _listen(self, port: int, words: str) -> str:
        hosts = ["127.0.0.1:", "[::1]:"] if self.here_only else ["", "[::]:"]
        chosen = hosts if self.ipv6 else hosts[:1]
        return "\n".join(f"listen {host}{port} {words}".rstrip() + ";" for host in chosen)


CSP = "Content-Security-Policy"


def _filled(text: str, values: Mapping[str, str]) -> str:
    """A place that stands alone in its line leaves no line where it is filled with nothing."""

    def line(found: re.Match[str]) -> str:
        indent, name = found.groups()
        return "".join(f"{indent}{one}\n" for one in values[name].split("\n") if one)

    return PLACE.sub(lambda found: values[found[1]], ALONE.sub(line, text))


def _headers(values: Mapping[str, str], *, but: str = "") -> str:
    return "\n".join(f'add_header {name} "{value}" always;' for name, value in values.items() if name != but)


def _servers(addresses: tuple[str, ...]) -> str:
    """Where there is one, there is nobody to ask instead of it."""
    kept = "max_fails=0" if len(addresses) == 1 else "max_fails=2 fail_timeout=5s"
    return "\n".join(f"server {address} {kept};" for address in addresses)


def _trusted(networks: tuple[str, ...]) -> str:
    if not networks:
        return ""
    lines = [f"set_real_ip_from {network};" for network in networks]
    return "\n".join([*lines, "real_ip_header X-Forwarded-For;", "real_ip_recursive on;"])
