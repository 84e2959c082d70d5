"""Whoever gets to write into Redis gets no code to run in a worker."""

import pickle
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from rq import Queue
from sqlalchemy import select

from app.extensions import db
from app.platform.models import WorkItem
from tests.faults.kinds import effects
from tests.faults.test_work import House, ask, house, states  # noqa: F401 - a fixture among them
from tests.support import eventually


class Poison:
    def __init__(self, sign: Path) -> None:
        self._sign = sign

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._sign,)


@pytest.mark.parametrize("field", ["data", "meta", "result"])
def test_what_is_pickled_in_a_job_is_not_unpacked(
    context: Flask,
    house: House,  # noqa: F811 - the fixture
    tmp_path: Path,
    field: str,
) -> None:
    sign, client = tmp_path / "unpacked", context.extensions["fanlight.cache"].client
    ask("test.note", note="a")
    work_id = str(db.session.scalars(select(WorkItem.id)).one())
    assert Queue("default", connection=client).get_job_ids() == [work_id]
    client.hset(f"rq:job:{work_id}", field, pickle.dumps(Poison(sign)))
    house.worker()
    eventually(lambda: states() == {"done": 1})
    assert effects() == ["a"], "the row says what there is to do, not the job"
    assert not sign.exists()
