"""What accounts hold of a person, column by column."""

from flask import Flask

from app.accounts import models
from app.accounts.operations import exports, hiding, roles, tombstones
from app.accounts.operations.joining import BIRTH_DATE
from app.platform import personal_data
from app.platform.personal_data import Erase
from app.platform.personal_rows import Rows

ABOUT = {
    "users": "Your account and profile",
    "former_handles": "Handles you had before; links to them lead to you",
    "sessions": "Browsers you are or were signed in with",
    "known_devices": "Browsers that you signed in from before, so that a new one can be told to you",
    "email_links": "Links sent to you by mail: to verify, to reset, to change an address",
    "challenges": "Attempts to sign in or to add a factor that began lately",
    "totp_factors": "Your authenticator app",
    "recovery_codes": "Your recovery codes (the codes themselves are known to you alone)",
    "passkeys": "Your passkeys",
    "wallets": "Wallets you sign in with",
    "hidden_people": "People you have hidden from yourself",
    "data_exports": "Copies of your data that you asked for",
}

USERS = Rows(
    models.User,
    owner="id",
    shown=(
        "id", "email", "email_verified_at", "handle", "handle_changed_at", "display_name", "bio",
        "password_changed_at", "roles", "state", "deletion_due_at", "avatar_hue", "languages",
        "languages_guessed", "created_at",
    ),
    opened={"sealed_birth_date": BIRTH_DATE},
    withheld=("password_hash",),
)  # fmt: skip
HANDLES = Rows(models.FormerHandle, shown=("handle", "given_up_at"))
ROWS = (
    Rows(
        models.Session,
        shown=(
            "id", "method", "second_factor", "remember", "address", "user_agent", "created_at",
            "authenticated_at", "last_used_at", "expires_at", "ended_at", "ended_because",
        ),
        withheld=("token_digest",),
    ),
    Rows(models.KnownDevice, shown=("seen_at",), withheld=("device_digest",)),
    Rows(
        models.EmailLink,
        shown=("purpose", "email", "created_at", "expires_at", "used_at"),
        withheld=("token_digest", "device_digest"),
    ),
    Rows(
        models.Challenge,
        shown=("id", "kind", "created_at", "expires_at", "used_at"),
        withheld=("secret_digest", "data"),
    ),
    Rows(models.TotpFactor, shown=("confirmed_at", "created_at"), withheld=("sealed_secret", "last_step")),
    Rows(models.RecoveryCode, shown=("id", "used_at"), withheld=("code_digest",)),
    Rows(
        models.Passkey,
        shown=("id", "credential_id", "sign_count", "transports", "name", "created_at", "last_used_at"),
        withheld=("public_key",),
    ),
    Rows(models.Wallet, shown=("address", "name", "created_at", "last_used_at")),
)  # fmt: skip
HIDDEN = Rows(models.HiddenPerson, shown=("hidden_id", "created_at"))
EXPORTS = Rows(
    models.DataExport,
    shown=("id", "state", "size", "requested_at", "ready_at", "expires_at"),
    withheld=("storage_key",),
)


def init_app(app: Flask) -> None:
    _table(app, USERS, erase=tombstones.put)
    _table(app, HANDLES, erase=tombstones.retire_former_handles)
    for rows in ROWS:
        _table(app, rows, erase=rows.erase)
    _table(app, HIDDEN, erase=hiding.erase)
    _table(app, EXPORTS, erase=exports.erase)
    personal_data.hold(app, "last admin", roles.last_admin_stays)
    personal_data.exempt(app, "retired_handles", "keyed digests that say nothing without the handle")


def _table(app: Flask, rows: Rows, erase: Erase) -> None:
    personal_data.table(app, rows.table.name, ABOUT[rows.table.name], rows.export, erase)
