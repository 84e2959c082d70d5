"""Whom money is told about: which kinds there are, and the mails themselves."""

from uuid import UUID

from flask import Flask

from app.accounts.letters import write_to
from app.accounts.queries import find_user
from app.extensions import db
from app.invoices import products, queries
from app.invoices.models import PAYABLE, Dispute, Invoice, Refund, State
from app.invoices.queries import Bill
from app.invoices.rails import CREDIT
from app.kit.money import readable
from app.notifications import kinds, unsubscribing
from app.notifications.kinds import Channel, Default, Event, Family, Kind
from app.notifications.operations.telling import tell
from app.notifications.queries import wants
from app.platform.settings import settings
from app.platform.viewer import Role

SALES = "sales"
_PAYMENTS = (
    Event("paid", "You paid {amount} for {what}", icon="receipt", letter="invoice_paid", quiet=True),
    Event("refunded", "{amount} goes back to you for {what}", icon="receipt", letter="invoice_refunded"),
    Event("underpaid", "{missing} is still missing", icon="alert", letter="invoice_underpaid"),
    Event("left_over", "{amount} of yours is waiting", icon="coins", letter="money_waiting"),
    Event("refund_failed", "{amount} is your credit now", icon="coins", letter="refund_failed"),
    Event(
        "disputed", "The bank of a buyer disputes {amount} for {what}", icon="shield", letter="sale_disputed"
    ),
    Event("dispute_decided", "The dispute about {what} is decided", icon="shield", letter="dispute_decided"),
    Event("other_coin", "{came} came, and {wanted} was asked for", icon="alert", letter="other_coin"),
    Event("coins_went_back", "{amount} went back to your wallet", icon="coins", letter="coins_went_back"),
)
_SALES = (
    Event("sold", "{actors} bought {what} for {amount}", icon="coins", mailed_by_teller=True),
    Event("tipped", "{actors} gave you {amount}", icon="tip", mailed_by_teller=True),
    Event("renewed", "{actors} renewed {what} for {amount}", icon="refresh", mailed_by_teller=True),
)
OUTCOMES = {"won": "It was decided for you", "lost": "It was decided for the buyer"}


def init_app(app: Flask) -> None:
    kinds.register(
        app,
        Kind(
            "payments",
            "Your payments",
            "Receipts, money that goes back to you or waits for you, disputes about what you sold.",
            {Channel.PAGE: Default.LOCKED_ON, Channel.MAIL: Default.LOCKED_ON, Channel.PUSH: Default.ON},
            "Always sent, because it is about your own money.",
            _PAYMENTS,
            Family.MONEY,
        ),
    )
    kinds.register(
        app,
        Kind(
            SALES,
            "Your sales and tips",
            "Each thing that somebody buys from you or gives you, and each period that renews.",
            {Channel.PAGE: Default.ON, Channel.MAIL: Default.ON, Channel.PUSH: Default.ON},
            events=_SALES,
            family=Family.MONEY,
            role=Role.CREATOR,
        ),
    )


def paid(invoice_id: UUID) -> None:
    bill = queries.bill(db.session.get_one(Invoice, invoice_id))
    invoice = bill.invoice
    payer, seller = find_user(invoice.user_id), find_user(invoice.seller_id) if invoice.seller_id else None
    amount = readable(invoice.total, invoice.currency)
    if invoice.total:
        write_to(
            payer,
            "invoice_paid",
            what=bill.label,
            amount=amount,
            number=invoice.number or 0,
            link=_page(invoice),
        )
    if seller is not None:
        _tell_seller(bill, amount)
    if seller is not None and wants(seller.id, SALES, Channel.MAIL):
        link = f"{settings().base_url}/dashboard/sales/{invoice.id}"
        who = payer.display_name if payer else "Somebody"
        opens = "yes" if products.opens(bill.products) else ""
        write_to(
            seller,
            "invoice_sold",
            who=who,
            what=bill.label,
            opens=opens,
            amount=amount,
            link=link,
            stop=unsubscribing.address(seller.id, SALES),
        )


def _tell_seller(bill: Bill, amount: str) -> None:
    invoice, event = bill.invoice, products.told_as(bill.products)
    if event and invoice.seller_id:
        tell(
            event,
            to=invoice.seller_id,
            subject=f"invoice:{invoice.id}",
            href=f"/dashboard/sales/{invoice.id}",
            actor=invoice.user_id,
            words={"what": bill.label, "amount": amount},
        )


def money_came_in(invoice_id: UUID) -> None:
    """Only where it does not simply pay: too little, too much, too late, or for what expired."""
    invoice = db.session.get_one(Invoice, invoice_id)
    if not invoice.leftover:
        return
    link, payer = _page(invoice), find_user(invoice.user_id)
    amount = readable(invoice.leftover, invoice.currency)
    if State(invoice.state) in PAYABLE:
        missing = readable(invoice.missing, invoice.currency)
        write_to(payer, "invoice_underpaid", amount=amount, missing=missing, link=link)
    else:
        write_to(payer, "money_waiting", amount=amount, link=link)


def refunded(refund_ids: list[str], taken: int) -> None:
    """`taken`: as much of what became credit as their bank gave them already, at times all of it."""
    found = [db.session.get_one(Refund, UUID(one)) for one in refund_ids]
    invoice = db.session.get_one(Invoice, found[0].invoice_id)
    amount = sum(one.amount for one in found) - taken
    credit = sum(one.amount for one in found if one.rail == CREDIT) - taken
    write_to(
        find_user(invoice.user_id),
        "invoice_refunded",
        what=queries.bill(invoice).label,
        amount=readable(amount, invoice.currency) if amount else "",
        credit=readable(credit, invoice.currency) if credit else "",
        taken=readable(taken, invoice.currency) if taken else "",
        link=_page(invoice),
    )


def refund_failed(refund_id: UUID, credit: int | None) -> None:
    """`credit`: as much of it as is; all where nothing is said of that."""
    found = db.session.get_one(Refund, refund_id)
    invoice = db.session.get_one(Invoice, found.invoice_id)
    amount = readable(found.amount if credit is None else credit, found.currency)
    write_to(find_user(invoice.user_id), "refund_failed", amount=amount, link=_page(invoice))


def disputed(dispute_id: UUID) -> None:
    """To the seller, whose share waits, and again when it is decided."""
    found = db.session.get_one(Dispute, dispute_id)
    bill = queries.bill(db.session.get_one(Invoice, found.invoice_id))
    seller_id = bill.invoice.seller_id
    if seller_id is not None:
        write_to(
            find_user(seller_id),
            "sale_disputed" if found.state == "open" else "dispute_decided",
            what=bill.label,
            opens="yes" if products.opens(bill.products) else "",
            closes="yes" if found.from_kept else "",
            amount=readable(found.amount, found.currency),
            held=readable(found.held, found.currency),
            outcome=OUTCOMES.get(found.state, ""),
            link=f"{settings().base_url}/dashboard/sales/{bill.invoice.id}",
        )


def _page(invoice: Invoice) -> str:
    return f"{settings().base_url}/invoices/{invoice.id}"
