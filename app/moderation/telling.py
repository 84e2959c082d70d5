"""People are told what became of what they reported, and of what others reported of theirs."""

from flask import Flask

from app.notifications import kinds
from app.notifications.kinds import Channel, Default, Event, Kind

REPORTS, RULES = "/reports", "/settings/profile"


def init_app(app: Flask) -> None:
    kinds.register(
        app,
        Kind(
            "moderation",
            "Reports",
            "What became of your reports, and of what was reported of yours.",
            {
                Channel.PAGE: Default.LOCKED_ON,
                Channel.MAIL: Default.LOCKED_ON,
                Channel.PUSH: Default.ON,
            },
            "Always sent, because you can answer to it only if you know.",
            (
                Event(
                    "report_decided",
                    "Your report was looked at",
                    icon="flag",
                    letter="report_decided",
                    href=REPORTS,
                ),
                Event(
                    "report_upheld",
                    "Your {noun} was reported, and we agree",
                    icon="flag",
                    letter="report_upheld",
                    href=RULES,
                ),
                Event(
                    "report_taken_back",
                    "We looked again at your {noun}, and take our decision back",
                    icon="flag",
                    letter="report_taken_back",
                    href=RULES,
                ),
            ),
        ),
    )
