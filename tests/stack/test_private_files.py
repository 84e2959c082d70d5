"""Secrets and logs lie where nobody but their owner reads them."""

from pathlib import Path

from dotenv import dotenv_values

from workers.stack.embedded import EmbeddedServers
from workers.stack.environment import SECRETS, Folders, Surroundings, write_servers_env


def others_may(path: Path) -> int:
    """What group and others may do with it."""
    return path.stat().st_mode & 0o077


def test_the_servers_passwords_are_read_by_their_owner_only(servers: EmbeddedServers) -> None:
    private = [servers.home / "keys.json", servers.redis.data / "redis.conf"]
    private += [servers.postgres.data / name for name in ("postgresql.conf", "pg_hba.conf")]
    assert {path.name: others_may(path) for path in private} == {path.name: 0 for path in private}
    assert others_may(servers.postgres.data) == others_may(servers.redis.data) == 0


def test_secrets_and_logs_of_the_launcher_are_its_own(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "var")
    folders.make()
    write_servers_env(folders, Surroundings({"MODE": "demo"}), {"DATABASE_URL": "postgresql://x:y@z/w"})
    written = [folders.run / "servers.env", folders.data / "demo.env"]
    assert [others_may(path) for path in written] == [0, 0]
    assert [others_may(folder) for folder in (folders.run, folders.log)] == [0, 0]


def test_live_mode_writes_no_secret_of_the_owner_to_a_file(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "var")
    folders.make()
    given = {"MODE": "live", "SECRET_KEY": "kept-by-the-owner", "ENCRYPTION_KEYS": "kept-by-the-owner"}
    write_servers_env(folders, Surroundings(given), {"DATABASE_URL": "postgresql://x:y@z/w"})
    written = dotenv_values(folders.run / "servers.env")
    assert set(written) == {"DATABASE_URL"}
    assert not set(SECRETS) & set(written)
    assert not (folders.data / "demo.env").exists()


def test_a_secret_that_is_new_leaves_those_of_an_older_house_as_they_are(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "var")
    folders.make()
    (folders.data / "demo.env").write_text("SECRET_KEY=of-before\nENCRYPTION_KEYS=of-before-too\n")
    for _ in range(2):
        write_servers_env(folders, Surroundings({"MODE": "demo"}), {})
    kept, told = dotenv_values(folders.data / "demo.env"), dotenv_values(folders.run / "servers.env")
    assert (kept["SECRET_KEY"], kept["ENCRYPTION_KEYS"]) == ("of-before", "of-before-too")
    assert kept == told
    assert set(kept) == set(SECRETS)
