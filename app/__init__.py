"""The application: settings, libraries, platform, features."""

from flask import Flask

from app.config import Settings, load_settings


def create_app(settings: Settings | None = None) -> Flask:
    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    app.extensions["fanlight.settings"] = chosen = settings or load_settings()
    _configure(app, chosen)
    _init_extensions(app, chosen)
    _init_platform(app, chosen)
    _init_features(app)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    prefix = "__Host-" if settings.secure else ""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url.replace("postgresql:", "postgresql+psycopg2:", 1),
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": settings.web_threads + 1,
            "max_overflow": 2,
            "pool_timeout": 5,
            "connect_args": {
                "connect_timeout": 3,
                "application_name": "fanlight",
                "options": "-c timezone=UTC -c lock_timeout=10s -c statement_timeout=30s",
            },
        },
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


def _init_extensions(app: Flask, settings: Settings) -> None:
    from app.extensions import csrf, db, htmx, login, migrate
    from app.kit.crypto import Vault
    from app.platform.cache import Cache

    htmx.init_app(app)
    db.init_app(app)
    migrate.init_app(app, db, directory="migrations")
    login.init_app(app)
    login.session_protection = None  # sessions are bound and rotated in PostgreSQL
    csrf.init_app(app)
    app.extensions["fanlight.cache"] = Cache(settings.redis_url)
    app.extensions["fanlight.vault"] = Vault(settings.encryption_keys)


def _init_platform(app: Flask, settings: Settings) -> None:
    from app.kit import clock
    from app.platform import assets, guards, headers, http_errors, templating

    if settings.clock_file and settings.demo:
        clock.use(clock.FileClock(settings.clock_file))
    guards.init_guards(app)
    headers.init_headers(app)
    http_errors.init_errors(app)
    assets.init_assets(app)
    templating.init_templating(app)


def _init_features(app: Flask) -> None:
    from app import accounts, notifications

    for feature in (accounts, notifications):
        feature.init_app(app)
