"""By the clock: the audit log is read from end to end, the certificate looked at that visitors are shown."""

import logging
import ssl
from urllib.parse import urlsplit

from cryptography import x509

from app.platform import audit_verify, schedule, work
from app.platform.settings import settings
from app.platform.transaction import transaction
from app.platform.watching import noting
from app.platform.work import Payload

log = logging.getLogger(__name__)

HOUR, DAY = 3600, 24 * 3600
TIMEOUT = 5


@schedule.every(DAY, "watching.audit")
def verify_audit() -> None:
    _ask("watching.audit")


@schedule.every(HOUR, "watching.certificate")
def look_at_certificate() -> None:
    if settings().secure:
        _ask("watching.certificate")


@work.handler("watching.audit", queue="bulk", transactional=False, max_attempts=3)
def audit(_: Payload) -> None:
    """Where it is not what it was, the log says so too, and whoever reads that is told."""
    broken = audit_verify.verify()
    if broken:
        log.error("the audit log is not whole", extra={"found": str(broken)})
    noting.note(noting.AUDIT, ok=broken is None, detail=str(broken or ""))


@work.handler("watching.certificate", transactional=False, max_attempts=3)
def certificate(_: Payload) -> None:
    """As visitors get it, at our own address: whoever renews it may have forgotten to tell the proxy."""
    address = urlsplit(settings().base_url)
    place = (str(address.hostname), address.port or 443)
    try:
        shown = ssl.get_server_certificate(place, timeout=TIMEOUT)
    except (OSError, ValueError) as error:
        noting.note(noting.CERTIFICATE, ok=False, detail=f"{place[0]} showed none: {type(error).__name__}")
        return
    ends = x509.load_pem_x509_certificate(shown.encode()).not_valid_after_utc
    noting.note(noting.CERTIFICATE, ok=True, detail=f"ends {ends:%-d %B %Y}", value=ends.timestamp())


def _ask(kind: str) -> None:
    with transaction():
        work.enqueue(kind, {}, unique_key=kind)
