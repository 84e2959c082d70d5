"""Who people are: joining, signing in, proving it, leaving."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.accounts import browser, jobs_email, session_cache, views  # noqa: F401 - jobs register themselves
    from app.accounts.views import factors_bp
    from app.extensions import login
    from app.platform import access, signals

    login.user_loader(session_cache.find)
    signals.on(access.TOPIC, session_cache.drop)
    app.after_request(browser.keep_device)
    views.init_app(app)
    factors_bp.init_app(app)
    _init_flags(app)
    _init_data(app)


def _init_flags(app: Flask) -> None:
    from app.accounts import queries
    from app.accounts.operations.joining import OPEN_REGISTRATION
    from app.platform import flags
    from app.platform.flags_cli import FIND_PERSON

    flags.declare(OPEN_REGISTRATION, default=True, about="Anybody may join.")
    app.extensions[FIND_PERSON] = lambda handle: getattr(queries.find_by_handle(handle)[0], "id", None)


def _init_data(app: Flask) -> None:
    from app.accounts import cli, jobs, personal
    from app.accounts.views import people, settings_data

    app.cli.add_command(cli.group)
    jobs.register_cleanup()
    personal.init_app(app)
    settings_data.init_app(app)
    people.init_app(app)
