"""Makes nginx's configuration for this house: python -m workers.proxy --help"""

import argparse
import os
import resource
import sys
from pathlib import Path

from app import create_app
from app.config import ConfigError, Settings, load_settings
from workers.proxy import making
from workers.proxy.program import Nginx
from workers.proxy.site import Site
from workers.stack.environment import ROOT
from workers.stack.errors import StackError

DESCRIPTORS = 65_536
CERTIFICATES = Path("/etc/letsencrypt/live")
HOME = Path("/var/lib/fanlight-nginx")


def main(arguments: list[str]) -> int:
    os.chdir(ROOT)
    chosen = _parser().parse_args(arguments)
    try:
        settings = load_settings()
        site = _site(chosen, settings)
        if chosen.upstreams_only:
            making.point(site)
        else:
            making.make(site, create_app(settings))
    except (ConfigError, StackError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"written to {site.folder}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m workers.proxy", description=__doc__)
    say = parser.add_argument
    say("--folder", type=Path, default=Path("/etc/nginx/fanlight"), help="where the configuration goes")
    say("--home", type=Path, default=HOME, help="where packed files, pages, cache lie")
    say("--web", nargs="+", metavar="HOST:PORT", help="web processes (default: PORT on this machine)")
    say("--realtime", nargs="+", metavar="HOST:PORT", help="realtime processes (default: WS_PORT here)")
    say("--certificate", type=Path, help="fullchain.pem (default: where certbot keeps that of PUBLIC_URL)")
    say("--certificate-key", type=Path, help="privkey.pem (default: beside the certificate)")
    say("--https-port", type=int, default=443)
    say("--http-port", type=int, default=80)
    say("--no-ipv6", action="store_true", help="on machines without IPv6")
    say("--account", default="www-data", help="of nginx's workers")
    say("--trust", nargs="+", default=[], metavar="NETWORK", help="balancers in front that name the visitor")
    say("--log", type=Path, default=Path("/var/log/nginx/fanlight.log"))
    say("--pid", type=Path, default=Path("/run/nginx.pid"), help="of nginx.conf, where that is used")
    say("--here-only", action="store_true", help="listen on this machine only")
    say("--upstreams-only", action="store_true", help="write only where the processes are")
    return parser


def _site(chosen: argparse.Namespace, settings: Settings) -> Site:
    if not settings.secure:
        raise StackError("PUBLIC_URL: nginx needs the site's https:// address")
    name = settings.base_url.removeprefix("https://").split(":")[0]
    certificate = chosen.certificate or CERTIFICATES / name / "fullchain.pem"
    return Site(
        settings,
        Nginx.find(),
        chosen.folder.absolute(),
        chosen.home.absolute(),
        certificate,
        chosen.certificate_key or certificate.with_name("privkey.pem"),
        tuple(chosen.web or [f"127.0.0.1:{settings.port}"]),
        tuple(chosen.realtime or [f"127.0.0.1:{settings.ws_port}"]),
        https_port=chosen.https_port,
        http_port=chosen.http_port,
        here_only=chosen.here_only,
        ipv6=not chosen.no_ipv6,
        account=chosen.account if os.geteuid() == 0 else "",
        trusted=tuple(chosen.trust),
        descriptors=_descriptors(),
        pid=chosen.pid,
        access_log=chosen.log,
        error_log=chosen.log.with_name(f"{chosen.log.stem}.error.log"),
    )


def _descriptors() -> int:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return DESCRIPTORS if most == resource.RLIM_INFINITY else min(DESCRIPTORS, most)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
