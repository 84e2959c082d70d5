"""Every setting of every process, read from the environment and checked at start.

Sources, strongest first: the environment, `.env`, and what the launcher of embedded servers
left in `<DATA_DIR>/run/servers.env`. All errors are named at once, each with the variable's name.
"""

import base64
import os
import re
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self, TypeVar
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIN_SECRET_LENGTH, MIN_WEBHOOK_KEY = 32, 24
P256_BYTES, P256_ORDER = 32, 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
CHAIN_ADDRESS = re.compile(r"[1-9A-HJ-NP-Za-km-z]{32,44}")
Kind = TypeVar("Kind", bound="BackupSettings")
# Of several servers, the one that takes writes.
WRITES = re.compile(r"(^|&)target_session_attrs=(read-write|primary)(&|$)")
SENTINELS = re.compile(r"[\w.-]+(:\d+)?(,[\w.-]+(:\d+)?)*")
WATCHED = re.compile(r"/[\w.-]+(/\d+)?")
STRIPE_PAGES = ["https://checkout.stripe.com", "https://connect.stripe.com"]


class Mode(StrEnum):
    DEMO = "demo"
    LIVE = "live"


class ConfigError(Exception):
    """What is wrong with the settings, one line for each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class BackupSettings(BaseSettings):
    """What recovery goes by; on a machine that is yet to be restored nothing else is known."""

    # An empty line in .env means the default, not an empty value.
    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    data_dir: Path = Path("var")

    # A folder, or s3://bucket/prefix. Empty: no backups.
    backup_to: str = ""
    # Seals them; the first of several seals, the others still open.
    backup_key: Annotated[list[str], NoDecode] = []
    backup_days: Annotated[int, Field(ge=1, le=3650)] = 30
    # After how many seconds at most what is new goes there.
    backup_seconds: Annotated[int, Field(ge=1, le=25)] = 12
    # How many days pass between two full ones, and between two drills (0: none by the clock).
    backup_full_days: Annotated[int, Field(ge=1, le=60)] = 7
    backup_drill_days: Annotated[int, Field(ge=0, le=365)] = 7
    backup_s3_endpoint: str = ""
    backup_s3_region: str = "us-east-1"
    backup_s3_access_key: str = ""
    backup_s3_secret_key: str = ""
    # Past a pooler that DATABASE_URL leads to; empty where there is none.
    database_direct_url: str = ""
    # A role with REPLICATION, past any pooler; by default that of DATABASE_DIRECT_URL or DATABASE_URL.
    backup_database_url: str = ""
    # PostgreSQL's programs, where the server is another release than the embedded one.
    backup_postgres_bin: Path | None = None

    @field_validator("backup_key", mode="before")
    @classmethod
    def _split_backup_keys(cls, value: object) -> object:
        return _split(value)

    @field_validator("backup_key")
    @classmethod
    def _strong_backup_keys(cls, value: list[str]) -> list[str]:
        return [_check_secret(key) for key in value]

    @field_validator("backup_to")
    @classmethod
    def _folder_or_bucket(cls, value: str) -> str:
        bucket = value.startswith("s3://") and urlsplit(value).netloc
        if value and not (bucket or value.startswith("/")):
            raise ValueError("must be the absolute path of a folder, or s3://bucket/prefix")
        return value

    @field_validator("database_direct_url")
    @classmethod
    def _straight_to_postgresql(cls, value: str) -> str:
        return _check_database(value) if value else ""

    @field_validator("backup_s3_endpoint")
    @classmethod
    def _backup_address(cls, value: str) -> str:
        return _check_web_address(value)

    @model_validator(mode="after")
    def _whole_backup(self) -> Self:
        if self.backup_to and not self.backup_key:
            raise ValueError("BACKUP_KEY: backups are sealed, and need a key (make secret)")
        bucket = self.backup_to.startswith("s3://")
        if bucket and not (self.backup_s3_access_key and self.backup_s3_secret_key):
            raise ValueError("BACKUP_TO: a bucket needs BACKUP_S3_ACCESS_KEY and BACKUP_S3_SECRET_KEY")
        return self


class Settings(BackupSettings):
    mode: Mode = Mode.DEMO
    site_name: str = "Fanlight"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 3000
    ws_port: Annotated[int, Field(ge=1, le=65535)] = 3002
    public_url: str = ""
    ws_url: str = ""
    # Where nginx listens, which `make serve` puts in front on this machine; the second leads to the first.
    serve_port: Annotated[int, Field(ge=1, le=65535)] = 3443
    serve_plain_port: Annotated[int, Field(ge=1, le=65535)] = 3080
    web_processes: Annotated[int, Field(ge=1, le=64)] = 2
    web_threads: Annotated[int, Field(ge=1, le=64)] = 4
    worker_processes: Annotated[int, Field(ge=1, le=64)] = 1
    max_sockets: Annotated[int, Field(ge=1)] = 9_600
    # How many proxies of ours stand in front and may name the visitor's address.
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0

    database_url: str
    redis_url: str

    # Signs cookies, tickets and links. Behind ENCRYPTION_KEYS lies personal data; the first
    # key encrypts, the others still decrypt.
    secret_key: str
    encryption_keys: Annotated[list[str], NoDecode]
    # What SECRET_KEY has replaced, the oldest first: for what has to be known again, and signs nothing more.
    earlier_secret_keys: Annotated[list[str], NoDecode] = []

    smtp_url: str = ""
    mail_from: str = ""

    # Signs what the mail server's side tells us at /webhooks/mail: bounces and complaints.
    mail_webhook_secret: str = ""

    # Signs notices to people's devices (web push); without it none are sent.
    vapid_private_key: str = ""
    # Whether a push service may stand on this machine, and be spoken to without encryption: for tests.
    push_local: bool = False

    min_age: Annotated[int, Field(ge=13, le=99)] = 18
    limit_sign_in_account: Annotated[int, Field(ge=1)] = 5
    limit_sign_in_address: Annotated[int, Field(ge=1)] = 50
    limit_write: Annotated[int, Field(ge=1)] = 60
    limit_read: Annotated[int, Field(ge=1)] = 600
    limit_upload: Annotated[int, Field(ge=1)] = 10
    limit_api: Annotated[int, Field(ge=1)] = 100
    limit_mail: Annotated[int, Field(ge=1)] = 3

    # An object store for files. Without a bucket they lie in DATA_DIR/storage.
    s3_bucket: str = ""
    s3_endpoint: str = ""
    s3_region: str = "us-east-1"
    s3_access_key: str = ""
    s3_secret_key: str = ""

    # Gigabytes that one creator's files may take.
    media_quota_gb: Annotated[int, Field(ge=1)] = 20
    # The same of somebody without a page, who sends files in messages.
    media_quota_fan_gb: Annotated[int, Field(ge=1)] = 1
    # Where a virus scanner (clamd) listens: host:port or the path of its socket. Empty: nothing is scanned.
    clamd_address: str = ""
    # Below this address nginx hands out stored files by itself (X-Accel-Redirect); without it we do.
    x_accel_prefix: str = ""

    # The card processor. Without a key live mode takes no cards; demo mode runs a double of it.
    stripe_secret_key: str = ""
    stripe_webhook_secret: str = ""
    stripe_api_base: str = ""
    # Where the browser finds the double's pages.
    stripe_page_base: str = ""
    cards_port: Annotated[int, Field(ge=1, le=65535)] = 3010

    # The chain: several addresses with commas, asked in this order. Payments come to the wallet.
    solana_rpc_url: Annotated[list[str], NoDecode] = []
    solana_wallet: str = ""
    solana_wallet_file: Path | None = None
    solana_cold_wallet: str = ""
    solana_usdc_mint: str = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
    chain_port: Annotated[int, Field(ge=1, le=65535)] = 3011
    # Where prices of coins are asked for, with commas; without one live mode takes no SOL.
    solana_rate_url: Annotated[list[str], NoDecode] = []
    # Demo mode asks nobody: so many US dollars for a SOL.
    solana_demo_price: Annotated[Decimal, Field(gt=0, le=100_000)] = Decimal(150)
    # How much stays in the hot wallet; what is more goes to the cold one.
    solana_float_sol: Annotated[Decimal, Field(ge=0)] = Decimal(5)
    solana_float_usdc: Annotated[Decimal, Field(ge=0)] = Decimal(2_000)

    # Whether the house of demo mode is filled with posts, pictures and sales, or has its people only.
    demo_posts: bool = True

    # Words that no message carries, whoever writes it to whom.
    blocked_words: Annotated[list[str], NoDecode] = []

    # What the house keeps of each sale, in hundredths of a percent.
    platform_fee_bps: Annotated[int, Field(ge=0, le=5_000)] = 800
    # How many days creators wait for what was paid by card, because it may be charged back.
    pending_days: Annotated[int, Field(ge=0, le=90)] = 7
    # Countries that the house collects tax for, or EU.
    tax_countries: Annotated[list[str], NoDecode] = []
    # Let Stripe Tax, set up on your Stripe account, reckon the tax on what is paid by card.
    stripe_tax: bool = False

    session_idle_days: Annotated[int, Field(ge=1, le=90)] = 14
    session_absolute_days: Annotated[int, Field(ge=1, le=365)] = 90

    clock_file: Path | None = None
    log_level: str = "INFO"
    # Who shows it may read /metrics from another machine; without it only this machine may.
    metrics_token: str = ""
    # Where errors are told by the Sentry protocol; and what they say of where they come from.
    sentry_dsn: str = ""
    environment: str = ""
    release: str = ""
    # Milliseconds from which a statement is logged, and times from which one that comes again is; 0: none.
    slow_query_ms: Annotated[int, Field(ge=0)] | None = None
    repeated_queries: Annotated[int, Field(ge=0)] | None = None

    @field_validator(
        "encryption_keys",
        "earlier_secret_keys",
        "solana_rpc_url",
        "solana_rate_url",
        "tax_countries",
        "blocked_words",
        mode="before",
    )
    @classmethod
    def _split_list(cls, value: object) -> object:
        return _split(value)

    @field_validator("database_url")
    @classmethod
    def _postgresql_only(cls, value: str) -> str:
        return _check_database(value)

    @field_validator("redis_url")
    @classmethod
    def _redis_only(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme in {"redis+sentinel", "rediss+sentinel"}:
            if not SENTINELS.fullmatch(parts.netloc.rpartition("@")[2]) or not WATCHED.fullmatch(parts.path):
                raise ValueError("must be redis+sentinel://[:password@]host:26379,host:26379,.../name/0")
        elif parts.scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("must be a redis:// address")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _smtp_only(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in {"smtp", "smtps"} or not urlsplit(value).hostname):
            raise ValueError("must be smtp://[user:password@]host[:port] or smtps://...")
        return value

    @field_validator("mail_webhook_secret")
    @classmethod
    def _webhook_secret(cls, value: str) -> str:
        if value and not (value.startswith("whsec_") and len(_bytes_of(value[6:])) >= MIN_WEBHOOK_KEY):
            raise ValueError("must be whsec_ and at least 24 random bytes in base64")
        return value

    @field_validator("vapid_private_key")
    @classmethod
    def _signing_key(cls, value: str) -> str:
        raw = _bytes_of(value)
        if value and not (len(raw) == P256_BYTES and 0 < int.from_bytes(raw) < P256_ORDER):
            raise ValueError("must be a P-256 key, 32 bytes in base64 for addresses (make secret)")
        return value

    @field_validator("x_accel_prefix")
    @classmethod
    def _address_below(cls, value: str) -> str:
        if value and not (value.startswith("/") and value.endswith("/")):
            raise ValueError("must begin and end with a slash, as /_stored/")
        return value

    @field_validator("clamd_address")
    @classmethod
    def _socket_or_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value and not value.startswith("/") and not (host and port.isdecimal()):
            raise ValueError("must be host:port or the absolute path of a socket")
        return value

    @field_validator("solana_wallet", "solana_cold_wallet", "solana_usdc_mint")
    @classmethod
    def _chain_address(cls, value: str) -> str:
        if value and not CHAIN_ADDRESS.fullmatch(value):
            raise ValueError("must be an address of the chain, in base 58")
        return value

    @field_validator("sentry_dsn")
    @classmethod
    def _reports_go_somewhere(cls, value: str) -> str:
        parts = urlsplit(value)
        project = parts.path.rpartition("/")[2]
        if value and not (parts.scheme in {"http", "https"} and parts.username and project.isdecimal()):
            raise ValueError("must be https://key@host/number, as your error tracker shows it")
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("secret_key")
    @classmethod
    def _strong_secret(cls, value: str) -> str:
        return _check_secret(value)

    @field_validator("encryption_keys")
    @classmethod
    def _strong_keys(cls, value: list[str]) -> list[str]:
        if not value:
            raise ValueError("needs at least one key")
        return [_check_secret(key) for key in value]

    @field_validator("earlier_secret_keys")
    @classmethod
    def _strong_once(cls, value: list[str]) -> list[str]:
        return [_check_secret(key) for key in value]

    @field_validator("s3_endpoint")
    @classmethod
    def _web_address(cls, value: str) -> str:
        return _check_web_address(value)

    @model_validator(mode="after")
    def _whole_storage(self) -> Self:
        if self.s3_bucket and not (self.s3_access_key and self.s3_secret_key):
            raise ValueError("S3_BUCKET: needs S3_ACCESS_KEY and S3_SECRET_KEY")
        if self.s3_bucket and self.x_accel_prefix:
            raise ValueError("X_ACCEL_PREFIX: nginx hands out files of this machine, not those of S3_BUCKET")
        return self

    @model_validator(mode="after")
    def _mode_allows(self) -> Self:
        problems = _live_problems(self) if self.mode is Mode.LIVE else _demo_problems(self)
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def direct_url(self) -> str:
        """The database itself."""
        return self.database_direct_url or self.database_url

    @property
    def pooled(self) -> bool:
        """Whether a connection is lent for one transaction, and keeps nothing for the next."""
        return self.direct_url != self.database_url

    @property
    def base_url(self) -> str:
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def socket_url(self) -> str:
        """Where a page finds the live socket: behind a proxy on the same address, else its own port."""
        if self.ws_url:
            return self.ws_url
        if self.public_url:
            return self.public_url.rstrip("/").replace("http", "ws", 1) + "/ws"
        return f"ws://localhost:{self.ws_port}/ws"

    @property
    def storage_origin(self) -> str:
        """Where browsers send parts of files; empty where they send them to us."""
        if not self.s3_bucket:
            return ""
        return self.s3_endpoint or f"https://{self.s3_bucket}.s3.{self.s3_region}.amazonaws.com"

    @property
    def payment_origins(self) -> list[str]:
        """Where forms of ours may lead to: pages on which people pay, or say to whom we pay."""
        if not self.stripe_secret_key:
            return []
        return [self.stripe_page_base] if self.stripe_page_base else STRIPE_PAGES

    @property
    def slow_milliseconds(self) -> int:
        """While somebody tries things out they want to know; a live house says so itself."""
        return (200 if self.demo else 0) if self.slow_query_ms is None else self.slow_query_ms

    @property
    def repeats(self) -> int:
        return (10 if self.demo else 0) if self.repeated_queries is None else self.repeated_queries

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def demo(self) -> bool:
        return self.mode is Mode.DEMO


def _bytes_of(value: str) -> bytes:
    """Base64 of either spelling; nothing for what is none."""
    try:
        plain = value.replace("-", "+").replace("_", "/").rstrip("=")
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError:
        return b""


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _check_database(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ValueError("must be a postgresql:// address")
    if "," in parts.netloc and not WRITES.search(parts.query):
        raise ValueError("names several servers: end it with ?target_session_attrs=read-write")
    return value.replace("postgres://", "postgresql://", 1)


def _check_web_address(value: str) -> str:
    if value and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname):
        raise ValueError("must be http://host[:port] or https://host[:port]")
    return value


def _check_secret(value: str) -> str:
    if len(value) < MIN_SECRET_LENGTH or len(set(value)) < 12:
        raise ValueError(f"is too weak: use at least {MIN_SECRET_LENGTH} random characters (make secret)")
    return value


def _demo_problems(settings: Settings) -> list[str]:
    if settings.host not in LOOPBACK:
        return [f"HOST: demo mode listens on this machine only, not on {settings.host} (set MODE=live)"]
    return []


def _live_problems(settings: Settings) -> list[str]:
    problems = []
    if settings.clock_file:
        problems.append("CLOCK_FILE: time is shifted in demo mode only")
    if settings.push_local:
        problems.append("PUSH_LOCAL: live mode speaks to push services on the internet only")
    if not settings.public_url:
        problems.append("PUBLIC_URL: live mode needs the address that visitors type")
    elif not settings.secure and urlsplit(settings.public_url).hostname not in LOOPBACK:
        problems.append("PUBLIC_URL: live mode needs https://")
    if settings.secure and not settings.socket_url.startswith("wss://"):
        problems.append("WS_URL: a site on https:// needs wss://")
    if not settings.smtp_url:
        problems.append("SMTP_URL: live mode needs a mail server")
    if not settings.mail_from:
        problems.append("MAIL_FROM: live mode needs a sender's address")
    return problems


def env_files() -> tuple[Path, ...]:
    named = os.environ.get("DATA_DIR") or dotenv_values(".env").get("DATA_DIR")
    folder = Path(named or "var")
    return (folder / "run" / "servers.env", Path(".env"))


def load_settings(**overrides: object) -> Settings:
    """The settings of this process, or ConfigError naming everything that is wrong with them."""
    return _load(Settings, overrides)


def load_backup_settings(**overrides: object) -> BackupSettings:
    """Those of recovery alone."""
    return _load(BackupSettings, overrides)


def _load(kind: type[Kind], overrides: dict[str, object]) -> Kind:
    try:
        return kind(_env_file=env_files(), **overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise ConfigError([_plain(e) for e in error.errors()]) from None


def _plain(error: object) -> str:
    assert isinstance(error, dict)
    name = ".".join(str(part) for part in error["loc"]).upper()
    message = "is missing" if error["type"] == "missing" else str(error["msg"]).removeprefix("Value error, ")
    return f"{name}: {message}" if name else message
