"""Uploads, the library, and the addresses at which media are fetched."""
