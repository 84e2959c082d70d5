"""What admins look for in the books."""

from wtforms import SelectField, StringField
from wtforms.validators import Length

from app.kit.text import clean_line
from app.ledger.chart import CHART, Kind
from app.ledger.queries import Search
from app.platform.forms import Form

HANDLE_MAX, CURRENCY_MAX = 60, 8
KINDS = {kind.value: line.label for kind, line in CHART.items()}


class SearchForm(Form):
    handle = StringField(
        "Handle",
        [Length(max=HANDLE_MAX, message=f"Use at most {HANDLE_MAX} characters.")],
        filters=[clean_line],
    )
    kind = SelectField("Account", choices={"": "Any account"} | KINDS, default="")
    currency = StringField(
        "Currency",
        [Length(max=CURRENCY_MAX, message=f"Use at most {CURRENCY_MAX} letters.")],
        filters=[clean_line],
    )

    @property
    def search(self) -> Search:
        kind = Kind(self.kind.data) if self.kind.data else None
        handle = (self.handle.data or "").removeprefix("@")
        return Search(handle, kind, (self.currency.data or "").upper())
