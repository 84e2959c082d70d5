"""Proofs that did not fit are on record, whichever way in was tried."""

from uuid import UUID

from app.platform import audit
from app.platform.audit import STRANGER, Action
from app.platform.web import Client


def record(user_id: UUID | None, client: Client, step: str) -> None:
    """`user_id` only where an earlier step told it; what a wrong proof claims to be is not believed."""
    audit.record(
        Action.SIGN_IN_FAILED,
        actor=None,
        subject=("user", user_id or STRANGER),
        personal={"address": client.address, "user_agent": client.user_agent},
        step=step,
    )
