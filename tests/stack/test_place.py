"""The account that the embedded servers run as when root starts them."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

NAME = "fanlight-racers"
AT_ONCE = 6
ASK = "import sys; from workers.stack.place import service_account; print(service_account(sys.argv[1]).uid)"


@pytest.fixture
def unknown_name() -> Iterator[str]:
    if os.geteuid() != 0:
        pytest.skip("only root makes accounts")
    yield NAME
    subprocess.run(["/usr/sbin/userdel", NAME], check=False)


def test_who_start_at_the_same_time_make_one_account_between_them(unknown_name: str) -> None:
    command = [sys.executable, "-c", ASK, unknown_name]
    asking = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(AT_ONCE)]
    answers = {one.communicate(timeout=30)[0] for one in asking}
    assert len(answers) == 1
