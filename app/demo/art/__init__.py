"""Posters, covers, portraits and short loops, drawn in code: the same seed draws the same picture."""
