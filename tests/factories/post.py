"""The mail that people got, read as they read it."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.platform import mail, work
from app.platform.models import Mail

LINK = re.compile(r"https?://[^\s)>\]]+")


@dataclass(frozen=True)
class Letter:
    to: str
    template: str
    subject: str
    text: str

    @property
    def paths(self) -> list[str]:
        """Where its links lead, on our own site."""
        return [urlsplit(found).path for found in LINK.findall(self.text)]

    def path(self, begins: str) -> str:
        return next(path for path in self.paths if path.startswith(begins))


def letters(app: Flask, to: str = "", template: str = "") -> list[Letter]:
    """The oldest first. What is asked for in the background is done before."""
    with app.app_context():
        work.drain()
        question = select(Mail).order_by(Mail.id)
        if to:
            question = question.where(Mail.recipient == to)
        if template:
            question = question.where(Mail.template == template)
        return [_read(row) for row in db.session.execute(question).scalars()]


def last_letter(app: Flask, to: str, template: str) -> Letter:
    found = letters(app, to, template)
    assert found, f"no {template} to {to}; there are {[(one.to, one.template) for one in letters(app)]}"
    return found[-1]


def _read(row: Mail) -> Letter:
    rendered = mail.content(row)
    assert rendered is not None, f"{row.template} was forgotten"
    return Letter(row.recipient, row.template, rendered.subject, rendered.text)
