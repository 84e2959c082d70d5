"""Where several servers stand for one: how their addresses are written, and what becomes of them."""

from typing import Any

import pytest
from sqlalchemy import create_engine

from app.config import ConfigError, Settings, load_settings
from app.platform.primary import engine_url
from app.platform.redis_address import redis_at

THREE = "postgresql://fanlight:a%2Fword@one:5432,two,three:5433/house?target_session_attrs=read-write"


@pytest.mark.parametrize(
    "address",
    [
        "redis+sentinel://one:26379,two:26379/house/0",
        "rediss+sentinel://:word@one,two:26379,three/house?sentinel_password=other",
    ],
)
def test_an_address_of_sentinels_is_taken(settings: Settings, address: str) -> None:
    assert load(settings, address).redis_url == address


@pytest.mark.parametrize("address", ["redis+sentinel://one:26379", "redis+sentinel:///house", "http://one"])
def test_an_address_that_names_nothing_is_refused(settings: Settings, address: str) -> None:
    with pytest.raises(ConfigError, match="REDIS_URL"):
        load(settings, address)


def test_what_stands_in_the_address_reaches_servers_and_sentinels() -> None:
    address = "rediss+sentinel://me:my%20word@one,[::1]:7/house/3?sentinel_password=other&ssl_cert_reqs=none"
    pool: Any = redis_at(address, socket_timeout=1.5).connection_pool
    told = pool.connection_kwargs
    assert (told["username"], told["password"], told["db"]) == ("me", "my word", 3)
    assert (told["socket_timeout"], told["ssl_cert_reqs"]) == (1.5, "none")
    asked = [client.connection_pool.connection_kwargs for client in pool.sentinel_manager.sentinels]
    assert [(each["host"], each["port"], each["password"]) for each in asked] == [
        ("one", 26_379, "other"),
        ("::1", 7, "other"),
    ]
    assert "username" not in asked[0] or asked[0]["username"] is None


def test_of_several_databases_the_one_that_takes_writes_is_meant(settings: Settings) -> None:
    engine = create_engine(engine_url(load(settings, settings.redis_url, THREE).database_url))
    told = engine.dialect.create_connect_args(engine.url)[1]
    assert (told["host"], told["port"]) == ("one,two,three", "5432,,5433")
    assert (told["user"], told["password"], told["dbname"]) == ("fanlight", "a/word", "house")
    assert told["target_session_attrs"] == "read-write"
    assert "word" not in str(engine.url)


def test_several_databases_that_may_all_be_replicas_are_refused(settings: Settings) -> None:
    with pytest.raises(ConfigError, match=r"DATABASE_URL.*target_session_attrs"):
        load(settings, settings.redis_url, THREE.partition("?")[0])


def load(settings: Settings, redis_url: str, database_url: str = "") -> Settings:
    return load_settings(
        database_url=database_url or settings.database_url,
        redis_url=redis_url,
        secret_key=settings.secret_key,
        encryption_keys=settings.encryption_keys,
    )
