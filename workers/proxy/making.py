"""All that a site needs, written to its folders."""

import shutil
from pathlib import Path

from flask import Flask

from app.media.views.uploads import PART_MOST, PLAIN_MOST
from app.platform.guards import MOST_SIGNED
from workers.proxy import packed, pages
from workers.proxy.site import Bounds, Site
from workers.stack.environment import ROOT

UPSTREAMS = "snippets/upstreams.conf"
# What only nginx's workers enter.
OWN = "own"


def make(site: Site, app: Flask) -> None:
    for name in ("static", "pages", "acme", "temp"):
        (site.home / name).mkdir(parents=True, exist_ok=True)
    own = site.home / OWN
    own.mkdir(mode=0o700, exist_ok=True)
    if site.account:
        shutil.chown(own, user=site.account)
    packed.pack_all(ROOT / "static", site.home / "static")
    pages.render_all(app, site.home / "pages")
    for name, text in site.texts(bounds(app)).items():
        _write(site.folder / name, text)


def point(site: Site) -> None:
    """Nothing but where the processes are; nginx follows at its next reload."""
    nothing = Bounds(0, 0, 0)
    _write(site.folder / UPSTREAMS, site.texts(nothing)[UPSTREAMS])


def bounds(app: Flask) -> Bounds:
    return Bounds(app.config["MAX_CONTENT_LENGTH"], MOST_SIGNED, max(PART_MOST, PLAIN_MOST))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_name(f".{path.name}.new")
    making.write_text(text)
    making.chmod(0o644)
    making.replace(path)
