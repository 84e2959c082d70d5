"""E-mail addresses: checked for form, never by asking the network."""

from email_validator import EmailNotValidError, validate_email

from app.accounts.errors import BadEmail
from app.platform.settings import settings


def normalise(address: str) -> str:
    """The form in which it is kept and mailed to: the name of the host in ASCII."""
    try:
        checked = validate_email(
            address.strip(),
            check_deliverability=False,
            allow_smtputf8=False,
            test_environment=settings().demo,
        )
    except (EmailNotValidError, UnicodeError):
        raise BadEmail("Write the whole address, like name@example.com.") from None
    assert checked.ascii_email is not None
    return checked.ascii_email


def normalise_identifier(typed: str) -> str:
    """What somebody types to sign in. Nonsense stays nonsense, and is nobody's."""
    plain = typed.strip().removeprefix("@").replace("\x00", "")
    if "@" not in plain:
        return plain
    try:
        return normalise(plain)
    except BadEmail:
        return plain
