"""Chromium's own authenticator without hardware (WebAuthn domain of the DevTools protocol)."""

from typing import Any

from playwright.sync_api import Page


class VirtualAuthenticator:
    """Belongs to one tab. Its user says yes to everything, until `verifies(False)`."""

    def __init__(self, tab: Page) -> None:
        self._devtools = tab.context.new_cdp_session(tab)
        self._devtools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        added = self._devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._own = {"authenticatorId": added["authenticatorId"]}

    def verifies(self, verified: bool) -> None:
        self._devtools.send("WebAuthn.setUserVerified", {**self._own, "isUserVerified": verified})

    @property
    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._devtools.send("WebAuthn.getCredentials", self._own)["credentials"]
        return found

    def hold(self, credential: dict[str, Any]) -> None:
        """Puts a credential of another device into this one, as syncing does."""
        self._devtools.send("WebAuthn.addCredential", {**self._own, "credential": credential})
