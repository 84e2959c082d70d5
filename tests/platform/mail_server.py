"""A real SMTP server in a thread, which refuses on demand."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support import free_port

OK = "250 taken"


class Post:
    """What the server took, and what it answers."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.logins: list[tuple[str, str]] = []
        self.encrypted: list[bool] = []
        self.answers: dict[str, str] = {"rcpt": OK, "data": OK}

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answers["rcpt"] == OK:
            envelope.rcpt_tos.append(address)
        return self.answers["rcpt"]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers["data"] == OK:
            assert isinstance(envelope.content, bytes)
            self.mails.append(message_from_bytes(envelope.content, EmailMessage, policy=policy.default))
            self.recipients += envelope.rcpt_tos
            self.encrypted.append(session.ssl is not None)
        return self.answers["data"]

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"p@ss/word")


@contextmanager
def mail_server(certificate: Path | None = None, port: int = 0) -> Iterator[tuple[Post, int]]:
    """With a certificate it offers STARTTLS, and asks for a password."""
    post, port = Post(), port or free_port()
    options: dict[str, Any] = {}
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        options = {"tls_context": context, "authenticator": post.authenticate, "auth_require_tls": True}
    controller = Controller(post, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield post, port
    finally:
        controller.stop()
