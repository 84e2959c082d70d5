"""Brings in what registers itself by being imported: kinds of work, clock jobs, the mailbox page."""

from flask import Flask

from app.config import Settings
from app.platform import cleanup, mailbox, outbox, partitions, storage
from app.platform.mail import delivery

REGISTERED = (cleanup, outbox, partitions, delivery)


def init_background(app: Flask, settings: Settings) -> None:
    storage.init_storage(app, settings)
    mailbox.init_mailbox(app, settings)
