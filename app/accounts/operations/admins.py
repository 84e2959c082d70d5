"""The first admin of a house: made at its console, where nobody is signed in yet."""

from app.accounts import addresses, queries
from app.accounts.models import User
from app.accounts.operations import claims, email_links, handles, joining
from app.accounts.operations.email_links import Purpose
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import Refused
from app.platform.viewer import Role


def create(email: str, handle: str) -> str:
    """The address under which the new admin chooses a password, once."""
    address = addresses.normalise(email)
    handles.claim(handle)
    claims.hold_email(address)
    if queries.email_in_use(address):
        raise Refused(f"{address} belongs to an account already: flask accounts roles HANDLE --add admin")
    user = User(
        id=new_id(),
        email=address,
        email_verified_at=clock.now(),
        handle=handle,
        display_name=handle,
        roles=[Role.FAN.value, Role.ADMIN.value],
        avatar_hue=joining.a_hue(),
    )
    db.session.add(user)
    db.session.flush()
    personal = {"handle": handle}
    audit.record(Action.JOINED, actor=None, subject=("user", user.id), personal=personal, method="command")
    return email_links.address(Purpose.RESET, email_links.issue(user.id, Purpose.RESET, address))
