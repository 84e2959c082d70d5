"""Entry points of the processes: each imports app, never the reverse."""
