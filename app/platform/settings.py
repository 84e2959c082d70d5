"""The settings of the running process."""

from typing import cast

from flask import current_app

from app.config import Settings
from app.kit.crypto import Vault


def settings() -> Settings:
    return cast(Settings, current_app.extensions["fanlight.settings"])


def vault() -> Vault:
    return cast(Vault, current_app.extensions["fanlight.vault"])
