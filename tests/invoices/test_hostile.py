"""Whatever is typed into the forms about money is answered: never with a 5xx."""

import random

from flask import Flask

from tests.architecture.test_fuzz import MOMENTS, NAMES, NUMBERS, WORDS
from tests.factories.creators import a_creator
from tests.factories.invoices import bought
from tests.factories.people import a_person, signed_in
from tests.page_client import FilledForm, PageClient

ALL = (*WORDS, *NUMBERS, *MOMENTS, *NAMES)
# Other ones for each field, the same in each run.
CHANCE = random.Random(7)


def sent(client: PageClient, form: FilledForm, name: str, typed: str) -> int:
    was = form.fields[name]
    form.fill(**{name: typed, "idempotency_key": f"{name}-{len(typed)}-{hash(typed)}"})
    status = client.send(form, follow=False).status
    form.fill(**{name: was})
    return status


def test_nothing_that_is_typed_breaks_anything(app: Flask) -> None:
    creator, fan = a_creator(app), a_person(app)
    office = signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True)
    home, desk = signed_in(app, fan), signed_in(app, creator)
    sale = bought(app, fan, creator, total=10**9)
    forms = [
        (home, home.get("/settings/billing").form("/settings/billing")),
        (home, home.get("/settings/billing").form("/settings/billing/limit")),
        (desk, desk.get(f"/dashboard/sales/{sale}").form(f"/dashboard/sales/{sale}/refund")),
        (office, office.get(f"/admin/payments/{sale}").form(f"/admin/payments/{sale}/refund")),
        (office, office.get("/admin/fees").form("/admin/fees").fill(percent="5")),
        (office, office.get("/admin/payments").form("/admin/payments")),
    ]
    for client, form in forms:
        for name in [name for name in form.fields if name not in {"csrf_token", "idempotency_key"}]:
            for typed in CHANCE.sample(ALL, 12):
                assert sent(client, form, name, typed) < 500, (form.action, name, typed[:60])
    for argument in ("before", "state", "kind", "q", "seen"):
        for typed in CHANCE.sample(ALL, 12):
            for path in ("/transactions", "/transactions.csv", "/purchases", "/admin/payments"):
                answer = office.http.get(path, query_string={argument: typed})
                assert answer.status_code < 500, (path, argument, typed[:60])
