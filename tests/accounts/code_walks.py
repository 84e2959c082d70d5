"""The second step, as people take it."""

from tests.page_client import Page, PageClient


def type_code(client: PageClient, code: str) -> Page:
    return client.send(client.get("/login/code").form("/login/code"), code=code)


def is_in(client: PageClient) -> bool:
    return client.get("/settings/profile", follow=False).status == 200
