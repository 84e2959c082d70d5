"""Admins read the books: any account, its entries, and what each of them came from."""

from uuid import UUID

from flask import Blueprint, Flask
from htmx_flask import request
from werkzeug.wrappers import Response

from app.kit.money import readable
from app.ledger import queries
from app.ledger.chart import SHARDS
from app.ledger.forms import SearchForm
from app.ledger.references import references
from app.platform.guards import Access, guard
from app.platform.navigation import Door, add_door
from app.platform.pages import page
from app.platform.viewer import Role

bp = Blueprint("ledger", __name__)

HOME = "/admin/ledger"
# No balance has more legs than that.
MOST = 2**63 - 1


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    for place in ("rail", "settings"):
        add_door(app, place, Door("Ledger", "coins", HOME, 92, Role.ADMIN))


@bp.get("/admin/ledger")
@guard(Access.ADMIN)
def show_accounts() -> Response:
    form = SearchForm(request.args)
    good = form.validate()
    after = _number("after")
    accounts, more = queries.find_accounts(form.search if good else queries.Search(), after=after)
    return page(
        "ledger/accounts.html",
        status=200 if good else 422,
        form=form,
        accounts=accounts,
        more=more,
        paged=after is not None,
        checks=[queries.last_check(whole=whole) for whole in (True, False)],
        money=readable,
        shards=SHARDS,
    )


@bp.get("/admin/ledger/totals")
@guard(Access.ADMIN)
def show_totals() -> Response:
    return page("ledger/totals.html", totals=queries.trial_balance(), money=readable)


@bp.get("/admin/ledger/accounts/<int:account_id>")
@guard(Access.ADMIN)
def show_account(account_id: int) -> Response:
    line = queries.find_account(min(account_id, MOST))
    before = _number("before")
    lines, older = queries.statement(line.account, before=before)
    return page(
        "ledger/account.html",
        line=line,
        lines=lines,
        older=older,
        paged=before is not None,
        money=readable,
        shards=SHARDS,
    )


@bp.get("/admin/ledger/entries/<uuid:entry_id>")
@guard(Access.ADMIN)
def show_entry(entry_id: UUID) -> Response:
    entry = queries.entry(entry_id)
    return page(
        "ledger/entry.html",
        entry=entry,
        references=references(entry.refs),
        reversals=queries.reversals(entry_id),
        money=readable,
        shards=SHARDS,
    )


def _number(name: str) -> int | None:
    given = request.args.get(name, "")
    return min(int(given), MOST) if given.isascii() and given.isdigit() and len(given) < 20 else None
