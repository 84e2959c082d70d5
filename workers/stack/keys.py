"""Passwords and ports of the embedded servers, kept next to their data."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from workers.stack import ports
from workers.stack.errors import StackError


@dataclass(frozen=True)
class Keys:
    postgres_port: int
    redis_port: int
    admin_password: str
    database_password: str
    redis_password: str

    @classmethod
    def make(cls) -> Self:
        postgres = ports.pick_free()
        redis = ports.pick_free(frozenset({postgres}))
        return cls(postgres, redis, *(secrets.token_hex(20) for _ in range(3)))

    @classmethod
    def load_or_make(cls, path: Path) -> Self:
        """What was kept, or new keys, kept now."""
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            keys = cls.make()
        except (ValueError, TypeError):
            raise StackError(f"{path}, the embedded servers' passwords, cannot be read.") from None
        write_private(path, json.dumps(asdict(keys), indent=2) + "\n")
        return keys

    def move_from_taken_ports(self, path: Path) -> Self:
        """The same keys with other ports where somebody else listens by now; kept if changed."""
        postgres = self.postgres_port if ports.is_free(self.postgres_port) else ports.pick_free()
        redis = self.redis_port
        if redis == postgres or not ports.is_free(redis):
            redis = ports.pick_free(frozenset({postgres}))
        keys = replace(self, postgres_port=postgres, redis_port=redis)
        if keys != self:
            write_private(path, json.dumps(asdict(keys), indent=2) + "\n")
        return keys


def write_private(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write a file that only its owner reads; whole or not at all."""
    making = path.with_name(f"{path.name}.{os.getpid()}.new")
    making.unlink(missing_ok=True)
    with open(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:  # noqa: PTH123
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    making.rename(path)
