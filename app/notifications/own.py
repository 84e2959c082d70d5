"""What the house itself tells people of, and what accounts do, which know nothing of us."""

from flask import Flask

from app.notifications import kinds
from app.notifications.kinds import Channel, Default, Event, Kind

SECURITY, DATA = "/settings/security", "/settings/data"
ALWAYS = {Channel.PAGE: Default.LOCKED_ON, Channel.MAIL: Default.LOCKED_ON}


def register(app: Flask) -> None:
    kinds.register(
        app,
        Kind(
            "security",
            "Sign-ins and changes to your account",
            "New devices, changed passwords, addresses and factors.",
            {**ALWAYS, Channel.PUSH: Default.LOCKED_ON},
            "Always sent, so that nobody can change your account without you hearing of it.",
            (
                _told(
                    "new_device", "A new sign-in to your account: {device}", "monitor", "/settings/sessions"
                ),
                _told("password_changed", "Your password was changed", "key"),
                _told("email_change_notice", "The address of your account was changed", "mail"),
                _told("passkey_added", "A passkey was added to your account", "fingerprint"),
                _told("wallet_linked", "A wallet was linked to your account", "wallet", "/settings/wallets"),
                _told("second_factor_changed", "The protection of your account was changed", "shield"),
            ),
        ),
    )
    kinds.register(
        app,
        Kind(
            "account",
            "What you asked for",
            "Links you asked for, a copy of your data that is ready, the date of a deletion.",
            ALWAYS,
            "Always sent, because it answers something that you did.",
            (
                _told("export_ready", "A copy of your data is ready", "download", DATA),
                _told("deletion_scheduled", "Your account will be deleted on {until}", "trash", DATA),
                _told("deletion_cancelled", "Your account stays", "user", DATA),
                _told("role_given", "You are now {role}", "award", ""),
                _told("role_taken", "You are no longer {role}", "award", "/settings/profile"),
                _told("account_restored", "Your account is open again", "unlock", "/settings/profile"),
            ),
        ),
    )
    kinds.register(
        app,
        Kind(
            "news",
            "News from the house",
            "What is new here, now and then. Off until you switch it on.",
            {Channel.MAIL: Default.OFF},
        ),
    )


def _told(letter: str, sentence: str, icon: str, href: str = SECURITY) -> Event:
    return Event(letter, sentence, icon=icon, letter=letter, href=href)
