"""The commands themselves."""

import os
import subprocess

from app.config import MIN_SECRET_LENGTH
from workers.stack.environment import ROOT


def make(*arguments: str) -> str:
    # The suite itself is run by make, which would tell this one to speak of folders.
    own = {name: value for name, value in os.environ.items() if name not in {"MAKELEVEL", "MAKEFLAGS"}}
    done = subprocess.run(["make", *arguments], cwd=ROOT, env=own, capture_output=True, text=True, check=True)
    return done.stdout


def test_help_explains_every_command_in_a_line() -> None:
    phony = next(line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith(".PHONY"))
    explained = {line.split()[1] for line in make("help").splitlines()}
    assert explained == set(phony.split()[1:])


def test_secrets_are_strong_and_new_each_time() -> None:
    first, second = make("secret").splitlines(), make("secret").splitlines()
    names = ["SECRET_KEY", "ENCRYPTION_KEYS", "VAPID_PRIVATE_KEY", "BACKUP_KEY"]
    assert [line.partition("=")[0] for line in first] == names
    assert all(len(line.split("=")[1]) >= MIN_SECRET_LENGTH for line in first)
    assert not set(first) & set(second)
