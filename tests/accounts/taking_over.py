"""Somebody gets into an account and changes its address; its owner takes it back."""

from flask import Flask

from tests.factories.people import Person
from tests.factories.post import last_letter
from tests.page_client import Page, PageClient

NEW = "new@example.test"


def ask(page: PageClient, email: str = NEW) -> Page:
    return page.send(page.get("/settings/security").form("/settings/security/email"), email=email)


def confirm(app: Flask, page: PageClient, email: str = NEW) -> Page:
    link = last_letter(app, email, "email_change_confirm").path("/email/confirm/")
    return page.send(page.get(link).form(link))


def undo_link(app: Flask, person: Person) -> str:
    return last_letter(app, person.email, "email_change_notice").path("/email/undo/")


def take_back(app: Flask, person: Person, link: str = "") -> Page:
    link, owner = link or undo_link(app, person), PageClient(app)
    return owner.send(owner.get(link).form(link))


def listed(page: Page) -> list[str]:
    """What went."""
    return [item.get_text() for item in page.soup.select("main .alert-info li")]


def left(page: Page) -> list[str]:
    """What was done, and stays."""
    return [item.get_text() for item in page.soup.select("main .alert-warn li")]
