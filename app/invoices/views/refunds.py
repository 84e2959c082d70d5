"""What admins and sellers share: the form by which money goes back."""

from app.invoices.forms import RefundForm
from app.invoices.models import SETTLED, Invoice, State
from app.invoices.operations.refunding import Wish
from app.platform.viewer import signed_in_viewer


def form_for(invoice: Invoice) -> RefundForm | None:
    """None where there is nothing that could go back."""
    if State(invoice.state) not in SETTLED or not invoice.kept:
        return None
    form = RefundForm()
    form.begin(invoice.kept, invoice.currency)
    return form


def wish(form: RefundForm) -> Wish:
    return Wish(
        amount=form.minor,
        reason=form.reason.data,
        asked_by=signed_in_viewer().id,
        note=form.note.data or "",
        as_credit=form.as_credit,
    )
