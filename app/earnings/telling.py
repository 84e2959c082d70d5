"""Creators are told what became of their payouts."""

from uuid import UUID

from flask import Flask

from app.accounts.letters import write_to
from app.accounts.queries import find_user
from app.earnings import words
from app.earnings.models import Payout
from app.extensions import db
from app.kit.money import readable
from app.notifications import kinds
from app.notifications.kinds import Channel, Default, Event, Family, Kind
from app.platform.settings import settings
from app.platform.viewer import Role


def init_app(app: Flask) -> None:
    kinds.register(
        app,
        Kind(
            "payouts",
            "Your payouts",
            "What was paid out to you, what came back, and where your money goes from now on.",
            {Channel.PAGE: Default.LOCKED_ON, Channel.MAIL: Default.LOCKED_ON, Channel.PUSH: Default.ON},
            "Always sent, because it is about your own money.",
            (
                Event(
                    "payout_paid",
                    "{amount} is on its way to your {where}",
                    icon="wallet",
                    letter="payout_paid",
                ),
                Event(
                    "payout_failed", "A payout of {amount} came back", icon="alert", letter="payout_failed"
                ),
                Event(
                    "payout_moved",
                    "Your payouts go somewhere else now",
                    icon="wallet",
                    letter="payout_destination",
                ),
                Event(
                    "corrected",
                    "Your balance was corrected by {amount}",
                    icon="coins",
                    letter="balance_corrected",
                ),
            ),
            Family.MONEY,
            Role.CREATOR,
        ),
    )


def payout_ended(payout_id: UUID) -> None:
    payout = db.session.get_one(Payout, payout_id)
    went = payout.state == "paid"
    write_to(
        find_user(payout.creator_id),
        "payout_paid" if went else "payout_failed",
        amount=readable(payout.amount, payout.currency),
        where=words.RAILS.get(payout.rail, payout.rail).lower(),
        why="" if went else payout.failure or "",
        link=f"{settings().base_url}/dashboard/payouts",
    )
