"""Second factors, passkeys and wallets: their own pages, and their parts of the account's other pages."""

from flask import Blueprint, Flask

from app.platform.navigation import Door, add_door

bp = Blueprint("factors", __name__)


def init_app(app: Flask) -> None:
    from app.accounts.views import (  # noqa: F401, PLC0415 - each hangs its routes on `bp`
        factor_sections,
        login_code,
        login_passkey,
        login_wallet,
        settings_passkeys,
        settings_totp,
        settings_wallets,
    )

    app.register_blueprint(bp)
    add_door(app, "settings", Door("Wallets", "wallet", "/settings/wallets", 25))
    factor_sections.init_app(app)
