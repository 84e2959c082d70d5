"""A worker is killed at each step of making a picture ready: it becomes ready, and nothing else is left."""

from io import BytesIO
from uuid import UUID

import pytest
from flask import Flask
from PIL import Image

from app.extensions import db
from app.media.models import Media
from app.media.operations import keeping, uploading
from app.media.operations.uploading import Asked
from app.platform.storage import storage
from app.platform.transaction import transaction
from tests.factories.media import picture_bytes
from tests.factories.people import Person, a_person
from tests.faults.kinds import signs
from tests.faults.media_program import STEPS
from tests.faults.test_work import SHORT_LEASE, House, house
from tests.support import eventually

__all__ = ["house"]

CONTENT = picture_bytes(900, 600)
SIZES = {"w320": (320, 213), "w800": (800, 533), "w1600": (900, 600), "teaser": (96, 64)}
TELLING = ("one size stored", "finished, not committed")
MAKING = [
    step if step in TELLING else pytest.param(step, marks=pytest.mark.fault_long)
    for step in STEPS
    if step != "deleting"
]


def sent(owner: Person) -> UUID:
    """To its last byte; a worker is to make it ready."""
    with transaction():
        media = uploading.begin(owner.id, Asked("sea.jpg", len(CONTENT), "image/jpeg"))
        media_id = media.id
        uploading.receive(media_id, owner.id, offset=0, stream=BytesIO(CONTENT), length=len(CONTENT))
    return media_id


def state(media_id: UUID) -> str:
    db.session.rollback()
    return db.session.get_one(Media, media_id, populate_existing=True).state


def kept(media_id: UUID) -> list[str]:
    files = storage()
    keys = [*files.begun(), *files.list("originals/"), *files.list("media/")]
    return [key for key in keys if str(media_id) in key]


def worker_killed_at(house: House, step: str) -> None:
    worker = house.worker("media_program", STOP_AT=step, **SHORT_LEASE)
    eventually(lambda: step in signs(), within=60)
    worker.kill()
    worker.wait()


@pytest.mark.parametrize("step", MAKING)
def test_killed_in_the_middle_it_becomes_ready_all_the_same(context: Flask, house: House, step: str) -> None:
    media_id = sent(a_person(context, roles=("fan", "creator")))
    worker_killed_at(house, step)
    media = db.session.get_one(Media, media_id, populate_existing=True)
    assert (media.state, media.renditions) == ("processing", {}), "nothing half made is seen"

    house.scheduler()
    house.worker("media_program", **SHORT_LEASE)
    eventually(lambda: state(media_id) == "ready", within=60)
    media = db.session.get_one(Media, media_id, populate_existing=True)
    files = storage()
    for name, size in SIZES.items():
        rendition = media.renditions[name]
        with files.open(rendition["key"]) as stream:
            assert Image.open(stream).size == (rendition["w"], rendition["h"]) == size
        assert files.size(rendition["key"]) == rendition["bytes"]
    with files.open(f"originals/{media_id}") as stream:
        assert stream.read() == CONTENT
    assert len(kept(media_id)) == len(SIZES) + 1


def test_killed_while_it_deletes_it_deletes_the_rest_later(context: Flask, house: House) -> None:
    owner = a_person(context, roles=("fan", "creator"))
    media_id = sent(owner)
    with transaction():
        keeping.remove(media_id, owner.id)
    worker_killed_at(house, "deleting")
    house.scheduler()
    house.worker("media_program", **SHORT_LEASE)
    eventually(lambda: kept(media_id) == [], within=60)
