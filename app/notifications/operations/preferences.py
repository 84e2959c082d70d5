"""Choosing what one wants to be told."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.accounts.models import User
from app.extensions import db
from app.kit import clock
from app.notifications.kinds import Channel, Kind
from app.notifications.models import NotificationPreference
from app.notifications.queries import switches
from app.platform import audit
from app.platform.audit import Action


def save(user_id: UUID, wanted: Mapping[str, bool]) -> int:
    """`wanted` by switch name; what it leaves out stays. How many were turned."""
    turned = [
        switch
        for switch in switches(user_id)
        if not switch.locked and wanted.get(switch.name, switch.enabled) != switch.enabled
    ]
    for switch in turned:
        _store(user_id, switch.kind, switch.channel, not switch.enabled)
    if turned:
        after = {switch.name: not switch.enabled for switch in turned}
        audit.record(Action.PREFERENCES_CHANGED, actor=user_id, subject=("user", user_id), switches=after)
    return len(turned)


def switch_off(user_id: UUID, kind_names: Iterable[str], channel: Channel) -> None:
    """From a link that outlives the account: whoever left leaves nothing new behind."""
    if db.session.scalar(select(User.state).where(User.id == user_id)) in {"active", "suspended"}:
        save(user_id, {f"{name}.{channel}": False for name in kind_names})


def _store(user_id: UUID, kind: Kind, channel: Channel, enabled: bool) -> None:
    """What equals the default is not kept: a later change of the default then reaches this person."""
    if kind.channels[channel].enabled == enabled:
        db.session.execute(
            delete(NotificationPreference).where(
                NotificationPreference.user_id == user_id,
                NotificationPreference.kind == kind.name,
                NotificationPreference.channel == channel.value,
            )
        )
        return
    at = clock.now()
    row = insert(NotificationPreference).values(
        user_id=user_id, kind=kind.name, channel=channel.value, enabled=enabled, changed_at=at
    )
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=["user_id", "kind", "channel"], set_={"enabled": enabled, "changed_at": at}
        )
    )
