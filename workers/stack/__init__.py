"""Fanlight's own house: embedded servers, the launcher and what keeps processes tidy."""
