"""Backups and the way back from them: `python -m workers.recovery` (docs/recovery.md).

Nothing here needs the application or a database to read a backup: the store and the key are enough.
"""
