"""A certificate for this machine, signed by itself: made once, and anew before it ends."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from workers.stack.keys import write_private

NAME = "localhost"
ADDRESSES = ("127.0.0.1", "::1")
# Browsers take none that holds longer.
HOLDS, RENEWED = timedelta(days=397), timedelta(days=30)


def own_certificate(folder: Path) -> tuple[Path, Path]:
    """The certificate and its key."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    certificate, key = folder / "localhost.crt", folder / "localhost.key"
    if not (key.exists() and _holds(certificate)):
        _make(certificate, key)
    return certificate, key


def _holds(path: Path) -> bool:
    if not path.exists():
        return False
    ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    return ends > datetime.now(UTC) + RENEWED


def _make(certificate: Path, key: Path) -> None:
    secret = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    names: list[x509.GeneralName] = [x509.DNSName(NAME)]
    names += [x509.IPAddress(ip_address(address)) for address in ADDRESSES]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + HOLDS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(secret, hashes.SHA256())
    )
    sealed = secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(key, sealed.decode())
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
