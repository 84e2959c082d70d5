"""Pages for what nginx refuses by itself, or cannot hand on: those of the web process, rendered ahead."""

from pathlib import Path

from flask import Flask, g

from app.platform import http_errors

STATUSES = (400, 404, 405, 413, 429, 500, 503)
ACCEPTED = {"html": "text/html", "json": "application/problem+json"}
# Stands for the reference, which nginx fills in (ssi).
REFERENCE = "reference-to-be-filled-in"
FILLED = '<!--# echo var="request_id" -->'


def render_all(app: Flask, to: Path) -> None:
    folder = to / "_errors"
    folder.mkdir(parents=True, exist_ok=True)
    for status in STATUSES:
        for kind, accepted in ACCEPTED.items():
            making = folder / f".{status}.{kind}"
            making.write_text(rendered(app, status, accepted))
            making.chmod(0o644)
            making.replace(folder / f"{status}.{kind}")


def rendered(app: Flask, status: int, accepted: str) -> str:
    headers = {"Accept": accepted, "X-Request-ID": REFERENCE}
    with app.test_request_context(
        "/", base_url=app.extensions["fanlight.settings"].base_url, headers=headers
    ):
        g.without_session = True
        return http_errors.answer(status).get_data(as_text=True).replace(REFERENCE, FILLED)
