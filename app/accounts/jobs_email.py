"""Mails that strangers ask for: looked up in the background, so that asking tells nothing by its time."""

from app.accounts.operations import asked_by_mail, passwords, verification
from app.platform import work
from app.platform.work import Payload


@work.handler(passwords.SEND_RESET_LINK)
def send_reset_link(payload: Payload) -> None:
    passwords.send_reset_link(asked_by_mail.address_of(payload))


@work.handler(verification.SEND_LINK_AGAIN)
def send_link_again(payload: Payload) -> None:
    verification.send_again(asked_by_mail.address_of(payload))
