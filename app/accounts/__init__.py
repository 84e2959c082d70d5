"""Who people are: joining, signing in, proving it, leaving."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.accounts import browser, session_cache
    from app.extensions import login
    from app.platform import access, signals

    login.user_loader(session_cache.find)
    signals.on(access.TOPIC, session_cache.drop)
    app.after_request(browser.keep_device)
