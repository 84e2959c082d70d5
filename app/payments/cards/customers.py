"""What the processor calls somebody; known to it from their first payment on."""

from uuid import UUID

from app.accounts.models import User
from app.extensions import db
from app.kit import crypto
from app.payments import queries
from app.payments.gateways.stripe import customers
from app.payments.models import CARD
from app.payments.operations import methods
from app.platform.transaction import transaction


def called(user_id: UUID) -> str:
    known = queries.customer(user_id, CARD)
    if known is not None:
        return known
    email = str(db.session.get_one(User, user_id).email)
    made = customers.make(user_id, email, crypto.digest(email).hex()[:16])
    with transaction():
        methods.remember_customer(user_id, CARD, made)
    # Somebody may have been quicker.
    return queries.customer(user_id, CARD) or made
