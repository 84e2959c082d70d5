"""What a creator sees of their money is what the books say, to the cent."""

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import text

from app.extensions import db
from app.invoices.models import FeeRule
from app.kit import clock
from app.kit.clock import FixedClock
from app.kit.money import readable
from app.ledger.chart import Kind
from app.platform.settings import settings
from app.platform.transaction import transaction
from tests.earnings.asking import asked, on, with_wallet
from tests.earnings.conftest import Rails, earned, everything_runs, later
from tests.factories.creators import a_creator
from tests.factories.invoices import bought, dispute, refund
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_post
from tests.page_client import Page
from tests.queries import counting

HOME = "/dashboard/earnings"
THEIRS = "('creator_pending', 'creator_available', 'creator_held')"


def in_the_books(app: Flask, person: Person, kinds: str = THEIRS, currency: str = "USD") -> int:
    """Leg by leg."""
    with app.app_context():
        question = text(
            "select coalesce(sum(l.amount * a.sign), 0) from ledger_legs l"  # noqa: S608
            f" join ledger_accounts a on a.id = l.account_id where a.kind in {kinds}"
            " and a.owner_id = :owner and a.currency = :currency"
        )
        return int(db.session.execute(question, {"owner": person.id, "currency": currency}).scalar_one())


def figure(seen: Page, label: str) -> str:
    for one in seen.soup.select(".stat"):
        if one.span and one.span.get_text() == label and one.b:
            return one.b.get_text()
    raise AssertionError(f"no figure {label}")


def rows(seen: Page, caption: str) -> list[list[str]]:
    for table in seen.soup.select("table"):
        if table.caption and table.caption.get_text() == caption:
            return [
                [cell.get_text(" ", strip=True) for cell in row.select("td")]
                for row in table.select("tbody tr")
            ]
    return []


@pytest.fixture
def lively(app: Flask, mara: Person, fan: Person, rails: Rails) -> Person:
    """Sales of two kinds, one refunded in part, one disputed, a payout, and one that came back."""
    post = a_post(app, mara.id, title="The long way home")
    earned(app, mara, 10_000, kind="subscription", label="Gold, a month")
    page = with_wallet(app, mara)
    asked(page, "50")
    everything_runs(app)
    bought(app, fan, mara, 750, subject_id=post)
    again = bought(app, fan, mara, 333, subject_id=post)
    refund(app, again, 111)
    dispute(app, bought(app, fan, mara, 2_000, kind="tip"))
    return mara


def test_every_figure_is_what_the_books_say(app: Flask, lively: Person) -> None:
    seen = signed_in(app, lively).get(f"{HOME}?period=all")
    for label, kind in {
        "Free to be paid out": "('creator_available')",
        "Not yet free": "('creator_pending')",
        "Held in disputes": "('creator_held')",
        "On its way to you": "('payout_transit')",
    }.items():
        assert figure(seen, label) == readable(in_the_books(app, lively, kind), "USD"), label
    kinds = {row[0]: row for row in rows(seen, "By kind")}
    with app.app_context():
        whole = in_the_books(app, lively) + 5_000
    assert kinds["All of it"][-1] == readable(whole, "USD")
    assert kinds["Subscription"] == ["Subscription", "1", "$100.00", "$0.00", "$8.00", "$92.00"]
    over_time = rows(seen, "Earned over time")
    assert [row[1] for row in over_time] == [readable(whole, "USD")]
    assert f"Earned: {readable(whole, 'USD')}" in seen.text


def test_posts_and_fans_add_up_to_the_whole(app: Flask, lively: Person) -> None:
    seen = signed_in(app, lively).get(HOME)
    posts, fans = rows(seen, "By post"), rows(seen, "By fan")
    assert [row[:2] for row in posts] == [["The long way home", "2"]]
    assert posts[0][2] == "$8.95"  # 750 and 222 less 8 % each, what cannot be shared is the creator's
    assert fans[0][1:] == ["1", "$92.00"]
    assert "Finn" in fans[1][0]


def test_what_becomes_free_and_what_is_held_is_said(app: Flask, lively: Person) -> None:
    seen = signed_in(app, lively).get(HOME)
    with app.app_context():
        day = clock.now() + timedelta(days=settings().pending_days)
    assert rows(seen, "What becomes free") == [
        [f"{day:%-d %B %Y}", readable(in_the_books(app, lively, "('creator_pending')"), "USD")]
    ]
    held = rows(seen, "What is held")
    assert held[0][1] == "Fraudulent" and held[0][-1] == "$18.40"
    assert "the house answers the bank" in seen.text
    assert seen.one('a[href^="/dashboard/sales/"]')
    later(app, timedelta(days=30))
    assert rows(signed_in(app, lively).get(HOME), "What becomes free") == []


def test_the_file_has_each_entry_and_its_sums_are_those_of_the_books(app: Flask, lively: Person) -> None:
    answer = signed_in(app, lively).get("/dashboard/earnings.csv?period=all").response
    lines = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    for column, kind in {
        "pending": "('creator_pending')",
        "available": "('creator_available')",
        "held": "('creator_held')",
        "yours": THEIRS,
    }.items():
        cents = sum(round(float(line[column]) * 100) for line in lines)
        assert cents == in_the_books(app, lively, kind), column
    assert {line["what"] for line in lines} >= {"Sale", "Refund", "Payout", "Became free", "Dispute opened"}
    assert {line["from"] for line in lines} > {"finn", ""}


def test_a_statement_leads_from_one_balance_to_the_next(app: Flask, lively: Person) -> None:
    page = signed_in(app, lively)
    seen = page.get(f"{HOME}/statements")
    with app.app_context():
        name = f"{clock.now():%Y-%m}"
    assert rows(seen, "Statements")[0][-2] == readable(in_the_books(app, lively), "USD")
    paper = text_of(page.get(f"{HOME}/statements/{name}.pdf"))
    for line in ("Sales: subscription $100.00", "Sales: tip $20.00", "Sales: post $10.83", "Payouts -$50.00"):
        assert line in paper, paper
    assert f"At the end {readable(in_the_books(app, lively), 'USD')}" in paper
    with clock.using(FixedClock(clock.now() + timedelta(days=32))):
        next_one = f"{clock.now():%Y-%m}"
        later_paper = text_of(signed_in(app, lively).get(f"{HOME}/statements/{next_one}.pdf"))
    assert f"At the beginning {readable(in_the_books(app, lively), 'USD')}" in later_paper


def test_a_currency_has_no_months_before_anything_came_in_it(app: Flask, mara: Person, fan: Person) -> None:
    with clock.using(FixedClock(clock.now() - timedelta(days=70))):
        bought(app, fan, mara, 1_000)
    bought(app, fan, mara, 1_000, currency="EUR")
    shown = [row[-2] for row in rows(signed_in(app, mara).get(f"{HOME}/statements"), "Statements")]
    assert shown.count("€9.20") == 1 and "€0.00" not in shown
    assert shown.count("$9.20") == len(shown) - 1 >= 3


@pytest.mark.parametrize("name", ["2026-13", "nonsense", "9999-01", "1999-12", "2026-1", "٢٠٢٦-01"])
def test_there_is_no_paper_for_what_is_no_month(app: Flask, mara: Person, name: str) -> None:
    assert signed_in(app, mara).get(f"{HOME}/statements/{name}.pdf").status == 404


def test_an_empty_house_says_what_will_be_here(app: Flask, mara: Person) -> None:
    page = signed_in(app, mara)
    assert "Nothing earned yet" in page.get(HOME).text
    assert "No statements yet" in page.get(f"{HOME}/statements").text
    with app.app_context():
        name = f"{clock.now():%Y-%m}"
    assert "Nothing moved" in text_of(page.get(f"{HOME}/statements/{name}.pdf"))


def test_currencies_are_told_apart(app: Flask, mara: Person) -> None:
    earned(app, mara, 10_000)
    earned(app, mara, 500, currency="EUR")
    page = signed_in(app, mara)
    assert "$92.00" in page.get(HOME).text and "€" not in figure(page.get(HOME), "Free to be paid out")
    assert figure(page.get(f"{HOME}?currency=EUR"), "Free to be paid out") == "€4.60"


@pytest.mark.parametrize("period", ["30d", "13w", "12m", "all", "nonsense"])
def test_periods_hold_what_happened_in_them(app: Flask, mara: Person, fan: Person, period: str) -> None:
    for days in (400, 200, 60, 1):
        with clock.using(FixedClock(clock.now() - timedelta(days=days))):
            bought(app, fan, mara, 1_000)
    seen = signed_in(app, mara).get(f"{HOME}?period={period}")
    sales = {"30d": 1, "13w": 2, "12m": 3, "all": 4, "nonsense": 1}[period]
    assert {row[0]: row[1] for row in rows(seen, "By kind")}["Post"] == str(sales)
    assert seen.soup.select("svg.chart rect")


def test_nothing_in_a_period_is_said(app: Flask, mara: Person, fan: Person) -> None:
    with clock.using(FixedClock(clock.now() - timedelta(days=400))):
        bought(app, fan, mara, 1_000)
    assert "Nothing in this time" in signed_in(app, mara).get(HOME).text


def test_what_only_became_free_is_told_of_nobody(app: Flask, mara: Person, fan: Person) -> None:
    """It was earned before the period, and is no payment of nothing in it."""
    with clock.using(FixedClock(clock.now() - timedelta(days=31))):
        bought(app, fan, mara, 1_000, subject_id=a_post(app, mara.id))
    later(app, timedelta())
    bought(app, a_person(app), mara, 500, kind="tip")
    seen = signed_in(app, mara).get(HOME)
    assert rows(seen, "By post") == []
    assert [row[1:] for row in rows(seen, "By fan")] == [["1", "$4.60"]]


def test_the_page_asks_the_same_however_much_was_sold(app: Flask, mara: Person, fan: Person) -> None:
    bought(app, fan, mara, 1_000)
    few = _statements(app, mara)
    for n in range(12):
        bought(app, a_person(app), mara, 1_000 + n, kind=f"kind{n}")
    assert _statements(app, mara) == few
    assert few <= 8


def test_the_dashboard_shows_what_is_free(app: Flask, mara: Person, fan: Person) -> None:
    page = signed_in(app, mara)
    assert "Free to be paid out" not in page.get("/dashboard").text
    earned(app, mara, 10_000)
    bought(app, fan, mara, 1_000)
    seen = page.get("/dashboard")
    assert figure(seen, "Free to be paid out") == "$92.00" and "$9.20 not yet free" in seen.text
    assert seen.one('a[href="/dashboard/earnings"]') and seen.one('a[href="/dashboard/payouts"]')


def a_rule(app: Flask, bps: int, days: int, *, seller: Person | None = None, kind: str | None = None) -> None:
    with app.app_context(), transaction():
        since = clock.now() + timedelta(days=days)
        db.session.add(FeeRule(seller_id=seller.id if seller else None, kind=kind, bps=bps, since=since))


def test_a_fee_that_is_going_to_change_is_said_with_its_day(app: Flask, mara: Person) -> None:
    page = signed_in(app, mara)
    assert "The fee changes" not in page.get(HOME).text
    a_rule(app, 500, -1, kind="tip")
    a_rule(app, 1_000, 20)
    a_rule(app, 2_000, 30, seller=a_creator(app))
    a_rule(app, 600, 40, seller=mara)
    shown = page.get(HOME).text
    assert shown.count("The fee changes on") == 3
    day = clock.now() + timedelta(days=20)
    assert f"The fee changes on {day:%-d %B %Y} From then on it is 10 % of each" in shown
    assert "instead of 8 %" in shown and "6 % of each tip, instead of 5 %" in shown
    assert "20 %" not in shown


def test_what_is_left_of_a_disputed_sale_becomes_free_after_the_dispute(
    app: Flask, mara: Person, fan: Person
) -> None:
    with clock.using(FixedClock(clock.now() - timedelta(days=20))):
        dispute(app, bought(app, fan, mara, 10_000), 3_000)
    later(app, timedelta())
    seen = signed_in(app, mara).get(HOME)
    assert rows(seen, "What becomes free") == [["After the dispute", "$64.40"]]
    assert "$64.40 after the dispute" in seen.text


def test_what_only_the_house_gave_back_stands_on_every_page(app: Flask, mara: Person, fan: Person) -> None:
    """Of one cent the creator had nothing, of the whole neither: the fee shrinks all the same."""
    for _ in range(5):
        refund(app, bought(app, fan, mara, 100), 1)
    page = signed_in(app, mara)
    told = page.get("/dashboard/earnings.csv").response.get_data(as_text=True)
    cents = sum(round(float(line["fee"]) * 100) for line in csv.DictReader(io.StringIO(told)))
    assert cents == on(app, Kind.PLATFORM_FEE) == 35
    assert rows(page.get(HOME), "By kind")[0][1:] == ["5", "$4.95", "$0.00", "$0.35", "$4.60"]


def test_sales_of_which_the_house_keeps_all_are_told(app: Flask, mara: Person, fan: Person) -> None:
    a_rule(app, 10_000, -1, seller=mara)
    bought(app, fan, mara, 1_000)
    page = signed_in(app, mara)
    assert rows(page.get(HOME), "By kind")[0][1:] == ["1", "$10.00", "$0.00", "$10.00", "$0.00"]
    assert len(rows(page.get(f"{HOME}/statements"), "Statements")) == 1
    year = clock.now().year
    told = page.get(f"{HOME}/tax/{year}.csv").response.get_data(as_text=True)
    (line,) = csv.DictReader(io.StringIO(told))
    assert (line["sales"], line["paid"], line["fee"], line["yours"]) == ("1", "10.00", "10.00", "0.00")


def test_nobody_sees_what_is_somebody_elses(app: Flask, lively: Person) -> None:
    other = a_creator(app, "other")
    seen = signed_in(app, other).get(f"{HOME}?period=all")
    assert "Nothing earned yet" in seen.text
    answer = signed_in(app, other).get("/dashboard/earnings.csv?period=all").response
    assert answer.get_data(as_text=True).count("\n") == 1


def _statements(app: Flask, person: Person) -> int:
    page = signed_in(app, person)
    page.get(HOME)
    with counting(app) as sent:
        assert page.get(HOME).status == 200
    return len(sent)


def text_of(page: Page) -> str:
    assert page.response.mimetype == "application/pdf"
    reader = PdfReader(io.BytesIO(page.response.get_data()))
    return " ".join(" ".join(sheet.extract_text() for sheet in reader.pages).split())
