"""What people take along of their money: kept by no cache, harmless in sheets, drawn whatever is written."""

import csv
import io
import json
from datetime import datetime

import pytest
from flask import Flask

from app.accounts.models import User
from app.creators.models import Tier
from app.earnings.models import TaxProfile
from app.earnings.operations.tax_profiles import PURPOSE as TAX
from app.extensions import db
from app.invoices.operations import billing
from app.invoices.operations.billing import Details
from app.invoices.operations.making import Item
from app.kit import clock
from app.kit.sheets import FORMULAS
from app.platform.settings import vault
from app.platform.transaction import transaction
from tests.architecture.test_fuzz import WORDS
from tests.factories.business import Business, a_business
from tests.factories.creators import a_creator
from tests.factories.invoices import bought
from tests.factories.people import a_person, signed_in
from tests.page_client import PageClient

FORMULA = "=HYPERLINK(0)"
SAID = {"legal_name": "@SUM(1)", "business_name": "+1", "address": "-1", "tin": FORMULA}


@pytest.fixture
def business(app: Flask) -> Business:
    """Whose people, tiers and things are called as what a sheet runs, or what is hard to draw."""
    made = a_business(app, a_creator(app, "mira"), a_person(app, "finn"))
    words = [word[:150] for word in (FORMULA, *WORDS) if "\0" not in word]
    items = tuple(Item(word, 100) for word in words)
    made.names["invoice_id"] = [bought(app, made.payer, made.seller, total=0, items=items)]
    with app.app_context(), transaction():
        for person in (made.payer, made.seller):
            db.session.get_one(User, person.id).display_name = FORMULA
        db.session.execute(db.update(Tier).values(name=db.func.concat("=", Tier.rank)))
        sealed = vault().seal(json.dumps(SAID), TAX)
        db.session.execute(db.update(TaxProfile).values(sealed_fields=sealed))
        billing.save(made.payer.id, Details("FI", words[-1], "\n".join(words)[:400]))
    return made


def test_what_is_taken_along_does_no_harm(app: Flask, business: Business) -> None:
    at: datetime = clock.now()
    office = signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True)
    fan, seller = signed_in(app, business.payer), signed_in(app, business.seller)
    taken: list[tuple[PageClient, str]] = [
        (fan, "/transactions.csv"),
        (fan, f"/invoices/{business.names['invoice_id'][0]}/receipt.pdf"),
        (seller, "/dashboard/subscribers.csv"),
        (seller, "/dashboard/earnings.csv"),
        (seller, f"/dashboard/earnings/statements/{at:%Y-%m}.pdf"),
        (seller, f"/dashboard/earnings/tax/{at:%Y}.csv"),
        (seller, f"/dashboard/earnings/tax/{at:%Y}.pdf"),
        (office, f"/admin/tax/{at:%Y}.csv"),
        (office, f"/admin/tax/sellers/{at:%Y}.csv"),
    ]
    seen = ""
    for page, path in taken:
        answer = page.http.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store"), path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if path.endswith(".pdf"):
            assert answer.mimetype == "application/pdf" and answer.data.startswith(b"%PDF-"), path
            continue
        assert answer.headers["Content-Disposition"].startswith("attachment"), path
        assert [cell for cell in cells(answer.text) if runs(cell)] == [], path
        seen += answer.text
    assert all(f"'{said}" in seen for said in (FORMULA, "=1", *SAID.values()))


def cells(text: str) -> list[str]:
    return [cell for line in csv.reader(io.StringIO(text)) for cell in line]


def runs(cell: str) -> bool:
    return cell.startswith(FORMULAS) and not cell.removeprefix("-").replace(".", "").isdigit()
