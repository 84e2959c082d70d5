"""What the demo's creator told everybody on an evening, who read it, and what they say to newcomers."""

from collections.abc import Collection
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select

from app.broadcasts.audience import Audience
from app.broadcasts.models import Broadcast, Recipient
from app.broadcasts.operations import counting, delivering, drafting, saving, sending, welcoming
from app.broadcasts.operations.drafting import Wish
from app.chat.operations import marking
from app.chat.operations.parcels import Load
from app.demo.people import CREATOR, FAN
from app.extensions import db
from app.kit import clock

TOLD_BEFORE, READ_AFTER = timedelta(hours=60), timedelta(hours=1)
READ = 0.7
NEWS = (
    "The windows are hung! Forty of them, in one long room, until the end of the month. "
    "Come in the last hour before it closes: that is when the real ones join in."
)
WELCOME = "How good that you are here. Ask me anything about windows; about doors I know less."
ANSWERS = (
    ("Sizes", "There are two: A4 for walls that are busy already, and A2 for those that wait for something."),
    ("Commissions", "From March on. Tell me how high the ceiling is, and which way the window looks."),
)


def put_in(here: Collection[UUID], at: datetime) -> None:
    """Only by a creator who came just now: what others told is theirs."""
    if CREATOR.id not in here:
        return
    with clock.as_then(at - TOLD_BEFORE):
        found = drafting.begin(CREATOR.id, Wish(NEWS, Load(), Audience()))
        sending.send(CREATOR.id, found.id, found.saves)
        _go_out(found)
        welcoming.choose(CREATOR.id, WELCOME, to_followers=False)
        for name, words in ANSWERS:
            saving.add(CREATOR.id, name, words)
    with clock.as_then(at - TOLD_BEFORE + READ_AFTER):
        _read(found.id)
        db.session.flush()
        counting.count_due()


def _go_out(found: Broadcast) -> None:
    """Here and now: the workers find nothing left to do."""
    while found.state == "listing":
        delivering.put_on_list(found.id)
    while found.state == "going":
        delivering.tell(found.id)


def _read(broadcast_id: UUID) -> None:
    dice = Random("news")  # noqa: S311 - the same people each time
    told = select(Recipient).where(Recipient.broadcast_id == broadcast_id, Recipient.seq.is_not(None))
    for one in db.session.scalars(told.order_by(Recipient.user_id)).all():
        if one.conversation_id and one.seq and (one.user_id == FAN.id or dice.random() < READ):
            marking.seen(one.user_id, one.conversation_id, read=one.seq)
