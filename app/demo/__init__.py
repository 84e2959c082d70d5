"""Demo mode: a house as a visitor finds it on the first evening. Never there in live mode."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.demo import cli, jobs  # noqa: F401 - the worker draws the pictures

    app.cli.add_command(cli.group)
