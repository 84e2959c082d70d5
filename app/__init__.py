"""The application: settings, libraries, platform, features."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from app.config import Settings, load_settings


class House(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Nothing here is a coroutine, and to ask so for every hook of every request takes its time."""
        return func


def create_app(settings: Settings | None = None) -> Flask:
    app = House(__name__, template_folder="../templates", static_folder="../static")
    app.extensions["fanlight.settings"] = chosen = settings or load_settings()
    _configure(app, chosen)
    with _nothing_collected():
        _init_extensions(app, chosen)
        _init_platform(app, chosen)
        _init_features(app)
    return app


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Two thousand modules come in and stay; to look through them again and again takes longer than some."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _configure(app: Flask, settings: Settings) -> None:
    from app.platform.database import session_options
    from app.platform.primary import LIVELINESS, Committing, engine_url
    from app.platform.watching.pool import WatchedPool
    from app.platform.watching.statements import TimedCursor

    prefix = "__Host-" if settings.secure else ""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=engine_url(settings.database_url),
        SQLALCHEMY_ENGINE_OPTIONS={
            "poolclass": WatchedPool,
            "pool_size": settings.web_threads + 1,
            "max_overflow": 2,
            "pool_timeout": 5,
            # Personal data and secrets stay out of the log when a statement fails.
            "hide_parameters": True,
            "connect_args": {
                "connect_timeout": 3,
                "application_name": "fanlight",
                "connection_factory": Committing,
                "cursor_factory": TimedCursor,
                **LIVELINESS,
                **session_options(settings),
            },
        },
        TRUSTED_HOSTS=_names(settings),
        SESSION_COOKIE_NAME=f"{prefix}fanlight",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=settings.session_absolute_days * 86_400,
        # The guard checks it, for every mutating request; it lives as long as the session.
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        # Fields of a form, without its files, fit into this; uploads set their own bound.
        MAX_FORM_MEMORY_SIZE=1_000_000,
        MAX_CONTENT_LENGTH=2_000_000,
    )


def _names(settings: Settings) -> list[str] | None:
    """Live, the house answers to its own name, and to probes on the machine."""
    if settings.demo:
        return None
    return [str(urlsplit(settings.base_url).hostname), "localhost", "127.0.0.1"]


def _init_extensions(app: Flask, settings: Settings) -> None:
    from app.extensions import csrf, db, htmx, login, migrate
    from app.kit.crypto import Vault
    from app.platform.cache import Cache

    htmx.init_app(app)
    db.init_app(app)
    migrate.init_app(app, db, directory="migrations")
    # Not by init_app: its remember cookie, which we do not use, reads the session on every answer,
    # also on those that caches keep for everybody.
    app.login_manager = login  # type: ignore[attr-defined]
    # Sessions are bound and rotated in PostgreSQL; nothing of a request has to be digested for that.
    login.session_protection = None
    login._session_identifier_generator = str
    csrf.init_app(app)
    app.extensions["fanlight.cache"] = Cache(settings.redis_url)
    app.extensions["fanlight.vault"] = Vault(settings.encryption_keys)


def _init_platform(app: Flask, settings: Settings) -> None:
    from app.kit import clock
    from app.platform import (
        assets,
        audit_cli,
        background,
        cookies,
        deployment_cli,
        flags,
        front,
        guards,
        headers,
        health,
        http_errors,
        keys_cli,
        limits,
        metrics,
        observing,
        packing,
        personal_tables,
        recovery,
        share_cards,
        signals,
        templating,
    )
    from app.platform.realtime.views import init_realtime

    if settings.clock_file and settings.demo:
        clock.use(clock.FileClock(settings.clock_file))
    observing.init_observing(app)
    packing.init_packing(app)
    cookies.init_cookies(app)
    guards.init_guards(app)
    headers.init_headers(app)
    limits.init_limits(app)
    http_errors.init_errors(app)
    assets.init_assets(app)
    templating.init_templating(app)
    signals.init_signals(app)
    metrics.init_metrics(app)
    health.init_health(app)
    flags.init_flags(app)
    front.init_front(app)
    share_cards.init_share_cards(app)
    audit_cli.init_audit(app)
    keys_cli.init_keys(app)
    deployment_cli.init_deployment(app)
    init_realtime(app)
    personal_tables.init_app(app)
    recovery.init_recovery(app)
    background.init_background(app, settings)


def _init_features(app: Flask) -> None:
    from app import (
        accounts,
        broadcasts,
        chat,
        creators,
        demo,
        earnings,
        entitlements,
        invoices,
        ledger,
        media,
        moderation,
        notifications,
        payments,
        posts,
        rooms,
        subscriptions,
        tips,
        watching,
    )

    low = (accounts, notifications, moderation, creators, ledger, entitlements)
    money = (invoices, payments)
    high = (media, posts, tips, subscriptions, earnings, chat, broadcasts, rooms, watching, demo)
    for feature in (*low, *money, *high):
        feature.init_app(app)
