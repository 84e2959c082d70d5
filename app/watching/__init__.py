"""How the house is: figures of all features, and the page that tells its owner what needs them."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.platform import cleanup
    from app.platform.watching.models import ProcessBeat
    from app.watching import cli, figures, jobs, views  # noqa: F401 - jobs register themselves

    figures.init_figures(app)
    cleanup.keep(ProcessBeat.seen_at, days=1)
    views.init_app(app)
    app.cli.add_command(cli.group)
