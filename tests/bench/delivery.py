"""P4, as far as the application goes: a closed file of 10 KB, asked for by somebody who may have it.

Behind nginx, where no byte of it passes through Python; and without, where the web process hands it out.
"""

import io
import os
from uuid import UUID

from app.config import Settings
from app.extensions import db
from app.media.addresses import OWN, address
from app.media.models import Media
from app.platform.storage import storage
from app.platform.transaction import transaction
from tests.bench.guard_cost import Guarded, cookie_of
from tests.bench.harness import Bench, Samples, interleaved, measure
from tests.bench.hello import hello
from tests.factories.media import a_picture
from tests.factories.people import Person, a_person

ROUNDS = 9
SIZE = 10 * 1024


@measure("P4", "closed_file_of_10_kb_behind_nginx", goal=">= 0.5")
def closed_file_of_10_kb_behind_nginx(bench: Bench) -> Samples:
    return _against_hello(bench, bench.settings.model_copy(update={"x_accel_prefix": "/files/"}))


@measure("P4", "closed_file_of_10_kb_without_nginx", goal="told, not set")
def closed_file_of_10_kb_without_nginx(bench: Bench) -> Samples:
    return _against_hello(bench, bench.settings)


def _against_hello(bench: Bench, settings: Settings) -> Samples:
    creator = a_person(bench.house, roles=("fan", "creator"))
    path = a_closed_file(bench, creator)
    cookie = cookie_of(bench, creator)
    with bench.site(hello) as bare, bench.site(Guarded(settings)) as house:
        first = house.load(path, cookie=cookie)
        assert set(first.statuses) == {200}, first.statuses
        return interleaved(
            lambda: bare.load("/").rate, lambda: house.load(path, cookie=cookie).rate, rounds=ROUNDS
        )


def a_closed_file(bench: Bench, creator: Person) -> str:
    """In its creator's library, which is nobody else's."""
    content = os.urandom(SIZE)
    described = a_picture(bench.house, creator, renditions={})
    key = f"media/{described['id']}/w320.webp"
    names = {"w320": {"key": key, "w": 320, "h": 240, "type": "image/webp", "bytes": SIZE}}
    with bench.house.app_context(), transaction():
        storage().put(key, io.BytesIO(content), "image/webp")
        media = db.session.get_one(Media, UUID(described["id"]))
        media.renditions = names
    with bench.house.app_context():
        holder = (OWN, UUID(described["id"]))
        return address({**described, "names": names}, "w320", holder=holder, viewer_id=creator.id)
