"""`make serve`: the whole product behind nginx, from one command."""

import signal
import ssl
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.stack.stacks import stack
from tests.support import free_port
from workers.stack import ports

pytestmark = [pytest.mark.fault_long, pytest.mark.timeout(300)]


def test_the_product_comes_up_behind_nginx_and_leaves_nothing_behind(tmp_path: Path) -> None:
    front, plain = free_port(), free_port()
    with stack(tmp_path / "var", "--serve", SERVE_PORT=str(front), SERVE_PLAIN_PORT=str(plain)) as running:
        running.start()
        assert f"https://localhost:{front}" in running.said
        trusting = ssl.create_default_context(cafile=running.data / "tls" / "localhost.crt")
        # By the plain address, which leads to the other.
        with urlopen(f"http://localhost:{plain}/creators", context=trusting, timeout=30) as answer:
            assert answer.url == f"https://localhost:{front}/creators"
            assert "<h1" in answer.read().decode()
        running.signal(signal.SIGINT)
        assert running.wait() == 0
        assert running.left_behind() == []
        assert ports.is_free(front)
        assert ports.is_free(plain)
