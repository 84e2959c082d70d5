"""Live mode does not start half safe: each setting that would make it so is named."""

from typing import Any

import pytest

from app.config import ConfigError, Mode, Settings, load_settings

SECRET = "a-secret-that-only-tests-know-0123456789"
GOOD: dict[str, Any] = {
    "mode": Mode.LIVE,
    "public_url": "https://fans.example.org",
    "smtp_url": "smtp://post:office@mail.example.org",
    "mail_from": "Fans <hello@example.org>",
    "database_url": "postgresql://house:word@db.example.org/house",
    "redis_url": "rediss://:word@cache.example.org",
    "secret_key": SECRET,
    "encryption_keys": SECRET[::-1],
}


def load(**changes: Any) -> Settings:
    return load_settings(**GOOD | changes)


def test_with_good_settings_it_starts() -> None:
    settings = load()
    assert settings.secure
    assert settings.socket_url == "wss://fans.example.org/ws"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"public_url": "http://fans.example.org"}, "PUBLIC_URL"),
        ({"public_url": ""}, "PUBLIC_URL"),
        ({"ws_url": "ws://fans.example.org/ws"}, "WS_URL"),
        ({"smtp_url": ""}, "SMTP_URL"),
        ({"mail_from": ""}, "MAIL_FROM"),
        ({"clock_file": "clock"}, "CLOCK_FILE"),
        ({"secret_key": "short"}, "SECRET_KEY"),
        ({"secret_key": "a" * 64}, "SECRET_KEY"),
        ({"encryption_keys": f"{SECRET},admin"}, "ENCRYPTION_KEYS"),
        ({"encryption_keys": ""}, "ENCRYPTION_KEYS"),
        ({"database_url": "sqlite:///house.db"}, "DATABASE_URL"),
        ({"mode": Mode.DEMO, "host": "0.0.0.0"}, "HOST"),  # noqa: S104 - that is what is refused
    ],
)
def test_what_would_make_it_unsafe_is_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(**changes)
    assert any(named in problem for problem in refused.value.problems)


@pytest.mark.parametrize("secret", ["secret_key", "encryption_keys"])
def test_there_is_no_default_secret(secret: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(secret.upper(), raising=False)
    with pytest.raises(ConfigError, match=f"{secret.upper()}: is missing"):
        load_settings(**{name: value for name, value in GOOD.items() if name != secret})
