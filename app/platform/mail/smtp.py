"""One mail to a mail server, and what its answer means."""

import re
import smtplib
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

from app.config import LOOPBACK, Settings
from app.kit import clock
from app.platform.mail.rendering import Rendered

TIMEOUT_SECONDS = 15
PERMANENT = 500
DEFAULT_PORTS = {"smtp": 587, "smtps": 465}


class Rejected(Exception):
    """The server will not take this mail, however often it is asked."""


class NobodyThere(Rejected):
    """There is no such mailbox."""


class NoRoom(Rejected):
    """The mailbox is there, and takes nothing as it is: full, or switched off."""


class NotNow(Exception):
    """The server cannot be reached or cannot take it now."""


@dataclass(frozen=True, slots=True)
class Letter:
    id: UUID
    recipient: str
    rendered: Rendered


# What the server means by it (RFC 3463; qmail writes it at the end): 5.1 the address, of which .7 and .8 the
# sender's, 5.2 the mailbox. All else is about who sends and what, and a house on a blocklist must not give up
# all its people. Without detail a code says that for either reason, so nobody is given up for it.
DETAILED = re.compile(r"(?:^\s*|\(#)5\.(\d{1,3})\.(\d{1,3})")
OF_SENDER = {("1", "7"), ("1", "8")}
PLAIN = {550, 551, 552, 553}
OF_RECIPIENT: dict[str, type[Rejected]] = {"1": NobodyThere, "2": NoRoom}


def send(letter: Letter, settings: Settings) -> None:
    message = compose(letter, settings)
    try:
        with _connected(urlsplit(settings.smtp_url)) as server:
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        raise _refusal(code, reason, of_recipient=True) from error
    except smtplib.SMTPDataError as error:
        raise _refusal(error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise NotNow(f"{type(error).__name__}: {error}") from error


def compose(letter: Letter, settings: Settings) -> EmailMessage:
    """The same Message-ID each time it is tried, so that a mail sent twice can be seen to be one."""
    from_address = sender(settings)
    message = EmailMessage(policy=SMTP)
    message["To"] = one_address(letter.recipient)
    message["Subject"] = letter.rendered.subject
    message["From"] = from_address
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{letter.id}@{_bare(from_address).rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if letter.rendered.stop:
        # RFC 8058: the mail program ends it by itself, with one POST.
        message["List-Unsubscribe"] = f"<{letter.rendered.stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.rendered.text, cte="quoted-printable")
    message.add_alternative(letter.rendered.html, subtype="html", cte="quoted-printable")
    return message


def one_address(recipient: str) -> Address:
    """Never two, and in the letters that every mail server knows."""
    local, _, domain = recipient.rpartition("@")
    try:
        return Address(addr_spec=f"{local}@{domain.encode('idna').decode()}")
    except (ValueError, IndexError, MessageError) as error:
        raise Rejected(f"not an address that mail can be sent to: {error}") from error


def sender(settings: Settings) -> str:
    host = urlsplit(settings.base_url).hostname or "localhost"
    return settings.mail_from or f"{settings.site_name} <no-reply@{host}>"


def _bare(address: str) -> str:
    return parseaddr(address)[1]


def _refusal(code: int, reason: bytes | str, *, of_recipient: bool = False) -> Exception:
    told = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
    if code < PERMANENT:
        return NotNow(f"{code} {told}")
    means = _of_recipient(code, told) if of_recipient else Rejected
    return means(f"{code} {told}")


def _of_recipient(code: int, told: str) -> type[Rejected]:
    detailed = DETAILED.search(told)
    if detailed is None:
        return NoRoom if code in PLAIN else Rejected
    return Rejected if detailed.groups() in OF_SENDER else OF_RECIPIENT.get(detailed[1], Rejected)


def _connected(url: SplitResult) -> smtplib.SMTP:
    host, port = url.hostname or "", url.port or DEFAULT_PORTS[url.scheme]
    secure = ssl.create_default_context()
    server: smtplib.SMTP
    if url.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=secure)
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    try:
        _introduce(server, url, secure)
    except BaseException:
        server.close()
        raise
    return server


def _introduce(server: smtplib.SMTP, url: SplitResult, secure: ssl.SSLContext) -> None:
    server.ehlo()
    if url.scheme == "smtp" and server.has_extn("starttls"):
        server.starttls(context=secure)
        server.ehlo()
    elif url.scheme == "smtp" and url.hostname not in LOOPBACK:
        raise smtplib.SMTPException("the server offers no encryption, so it gets neither password nor mail")
    if url.username:
        server.login(unquote(url.username), unquote(url.password or ""))
