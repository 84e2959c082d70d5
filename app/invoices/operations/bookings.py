"""How invoices stand in the ledger: each step is one entry, named by the row that causes it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.accounts.queries import has_left
from app.invoices.models import Dispute, Invoice, Payment, Refund
from app.invoices.rails import CREDIT
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account, Entry, Leg, post_all

# An account and by how much: debit positive. Those of nothing are left out.
Move = tuple[Account, int]
# Named where none of their accounts is touched.
SELLER = "seller"


@dataclass(frozen=True, slots=True)
class Shares:
    """Who has what of the part of an invoice that is kept."""

    tax: int
    fee: int
    seller: int


def shares(invoice: Invoice, kept: int) -> Shares:
    """Rounded down for the state, then for the house; nobody's grows when less is kept."""
    tax = _part(invoice.tax, kept, invoice.total)
    net = kept - tax
    if invoice.seller_id is None:
        return Shares(tax, net, 0)
    fee = _part(invoice.fee, net, invoice.total - invoice.tax)
    return Shares(tax, fee, net - fee)


def write(*entries: Entry | None) -> None:
    """All in one go: two who touch the same accounts so never wait for each other."""
    post_all([entry for entry in entries if entry])


def waiting(invoice: Invoice) -> Account:
    """What came in from this person and is not anybody's yet."""
    return Account(Kind.UNALLOCATED, invoice.currency, invoice.user_id)


def leaving(invoice: Invoice) -> Account:
    return Account(Kind.PAYOUT_TRANSIT, invoice.currency, invoice.user_id)


def credit(invoice: Invoice) -> Account:
    return Account(Kind.FAN_CREDIT, invoice.currency, invoice.user_id)


def received(invoice: Invoice, payment: Payment, into: Account) -> Entry | None:
    moves = exchange(into, waiting(invoice), payment.rail_amount, payment.amount)
    return _entry(
        f"payment:{payment.id}", "payment", invoice, moves, payment=payment.id, event=payment.external_id
    )


def spent_credit(invoice: Invoice, payment: Payment) -> Entry | None:
    moves = [(credit(invoice), payment.amount), (waiting(invoice), -payment.amount)]
    return _entry(f"payment:{payment.id}", "payment", invoice, moves, payment=payment.id)


def settled(invoice: Invoice) -> Entry | None:
    moves = [(waiting(invoice), invoice.total), *_to_owners(invoice, 0, invoice.total)]
    return _entry(f"invoice:{invoice.id}", "sale", invoice, moves)


def taken_back(invoice: Invoice, before: int, refund: Refund, *, seller_covers: bool = False) -> Entry | None:
    """Out of what its owners had, on its way to the payer."""
    moves = [*_to_owners(invoice, before, invoice.kept), (_back_to(invoice, refund), -refund.amount)]
    entry = _entry(f"refund:{refund.id}", "refund", invoice, moves, refund=refund.id)
    if entry is None or not seller_covers:
        return entry
    covered = (replace(leg, covered=leg.amount > 0) if leg.account.owner_id else leg for leg in entry.legs)
    return replace(entry, legs=tuple(covered))


def leftover_leaves(invoice: Invoice, refund: Refund) -> Entry | None:
    moves = [(waiting(invoice), refund.amount), (_back_to(invoice, refund), -refund.amount)]
    return _entry(f"refund:{refund.id}", "leftover", invoice, moves, refund=refund.id)


def gone_back(invoice: Invoice, refund: Refund, out_of: Account) -> Entry | None:
    moves = exchange(leaving(invoice), out_of, refund.amount, refund.rail_amount)
    return _entry(
        f"refunded:{refund.id}", "refunded", invoice, moves, refund=refund.id, event=refund.provider_id
    )


def came_home(invoice: Invoice, refund: Refund, into: Account | None) -> Entry | None:
    """The rail could not bring it back: it stays with us, as credit. `into`: where it came back to us."""
    if into is None:
        moves = [(leaving(invoice), refund.amount), (_as_credit(invoice), -refund.amount)]
    else:
        moves = exchange(into, _as_credit(invoice), refund.rail_amount, refund.amount)
    return _entry(
        f"refund-failed:{refund.id}",
        "refund_failed",
        invoice,
        moves,
        refund=refund.id,
        event=refund.provider_id,
    )


def released(invoice: Invoice) -> Entry | None:
    """The seller's share may be paid out from now on."""
    share = shares(invoice, invoice.kept).seller
    moves = [
        (_sellers(invoice, Kind.CREATOR_PENDING), share),
        (_sellers(invoice, Kind.CREATOR_AVAILABLE), -share),
    ]
    return _entry(f"release:{invoice.id}", "release", invoice, moves)


def disputed(invoice: Invoice, before: int, dispute: Dispute, clearing: Account) -> Entry | None:
    """The bank took it. Owners give up their shares; the seller's waits for the outcome."""
    moves = [
        *_to_owners(invoice, before, invoice.kept),
        (waiting(invoice), dispute.from_leftover),
        (credit(invoice), dispute.from_credit),
        *_held(invoice, -dispute.held),
        (_disputed(dispute), _at_risk(dispute)),
        (clearing, -dispute.amount),
    ]
    return _of_dispute("dispute", invoice, dispute, moves)


def dispute_won(invoice: Invoice, before: int, dispute: Dispute, clearing: Account) -> Entry | None:
    moves = [
        (clearing, dispute.amount),
        (_disputed(dispute), -_at_risk(dispute)),
        *_held(invoice, dispute.held),
        (waiting(invoice), -dispute.from_leftover),
        (_as_credit(invoice), -dispute.from_credit),
        *_to_owners(invoice, before, invoice.kept),
    ]
    return _of_dispute("dispute_won", invoice, dispute, moves)


def dispute_lost(invoice: Invoice, dispute: Dispute) -> Entry | None:
    """Each owner has lost their share; what nobody had any more is the house's loss."""
    nobodys = dispute.amount - dispute.from_kept - dispute.from_leftover - dispute.from_credit
    moves = [
        *_held(invoice, dispute.held),
        (Account(Kind.DISPUTE_LOSS, dispute.currency), nobodys),
        (_disputed(dispute), -_at_risk(dispute)),
    ]
    return _of_dispute("dispute_lost", invoice, dispute, moves)


def reclaimed(invoice: Invoice, dispute: Dispute, refund: Refund, amount: int) -> Entry | None:
    """Credit came back of which the bank took the payment: that much less of it is nobody's."""
    at_risk = _disputed(dispute) if dispute.state == "open" else Account(Kind.DISPUTE_LOSS, dispute.currency)
    moves = [(credit(invoice), amount), (at_risk, -amount)]
    return _entry(
        f"dispute-credit:{dispute.id}:{refund.id}",
        "dispute_credit",
        invoice,
        moves,
        dispute=dispute.id,
        refund=refund.id,
    )


def exchange(into: Account, out_of: Account, coming: int, going: int) -> list[Move]:
    """From one account to another, by way of our exchange where they count in different currencies."""
    if into.currency == out_of.currency:
        if coming != going:
            raise ValueError("the same currency, and not the same amount")
        return [(into, coming), (out_of, -going)]
    return [
        (into, coming),
        (Account(Kind.EXCHANGE, into.currency), -coming),
        (Account(Kind.EXCHANGE, out_of.currency), going),
        (out_of, -going),
    ]


def _part(amount: int, of: int, whole: int) -> int:
    return amount * of // whole if whole else 0


def _to_owners(invoice: Invoice, before: int, after: int) -> Iterable[Move]:
    """More kept is their credit, less their debit."""
    was, now_ = shares(invoice, before), shares(invoice, after)
    yield (Account(Kind.TAX_DUE, invoice.currency), was.tax - now_.tax)
    yield (Account(Kind.PLATFORM_FEE, invoice.currency), was.fee - now_.fee)
    if invoice.seller_id is not None:
        where = Kind.CREATOR_AVAILABLE if invoice.released_at else Kind.CREATOR_PENDING
        yield (_sellers(invoice, where), was.seller - now_.seller)


def _held(invoice: Invoice, amount: int) -> Iterable[Move]:
    if amount:
        yield (_sellers(invoice, Kind.CREATOR_HELD), amount)


def _at_risk(dispute: Dispute) -> int:
    """What the bank took, less what the state, the house and the payer gave for it already."""
    given = dispute.from_leftover + dispute.from_kept + dispute.from_credit
    return dispute.amount - given + dispute.held


def _back_to(invoice: Invoice, refund: Refund) -> Account:
    return _as_credit(invoice) if refund.rail == CREDIT else leaving(invoice)


def _as_credit(invoice: Invoice) -> Account:
    """Who left has given up their credit, and what would be more of it."""
    if has_left(invoice.user_id):
        return Account(Kind.FORFEITED_CREDIT, invoice.currency)
    return credit(invoice)


def _sellers(invoice: Invoice, kind: Kind) -> Account:
    return Account(kind, invoice.currency, invoice.seller_id)


def _disputed(dispute: Dispute) -> Account:
    return Account(Kind.DISPUTED, dispute.currency)


def _of_dispute(kind: str, invoice: Invoice, dispute: Dispute, moves: Iterable[Move]) -> Entry | None:
    cause = f"{kind.replace('_', '-')}:{dispute.id}"
    return _entry(cause, kind, invoice, moves, dispute=dispute.id, event=dispute.provider_id)


def _entry(cause: str, kind: str, invoice: Invoice, moves: Iterable[Move], **refs: object) -> Entry | None:
    """None where nothing moves."""
    named = {"invoice": invoice.id, **refs}
    legs = tuple(Leg(account, amount, _is_covered(account, amount)) for account, amount in moves if amount)
    if _is_unseen(invoice, legs):
        named[SELLER] = invoice.seller_id
    found = {name: str(value) for name, value in named.items() if value is not None}
    return Entry(cause=cause, kind=kind, legs=legs, refs=found) if legs else None


def _is_unseen(invoice: Invoice, legs: Iterable[Leg]) -> bool:
    """A sale of theirs moved between others alone: no account of the seller's tells them of it."""
    moved = [leg.account for leg in legs]
    others = any(account.kind in {Kind.PLATFORM_FEE, Kind.TAX_DUE} for account in moved)
    theirs = any(account.owner_id == invoice.seller_id for account in moved)
    return invoice.seller_id is not None and others and not theirs


def _is_covered(account: Account, amount: int) -> bool:
    """What a person has with us is never less than nothing; what creators have may be, after a refund."""
    return amount > 0 and account.kind in {Kind.UNALLOCATED, Kind.FAN_CREDIT, Kind.PAYOUT_TRANSIT}
