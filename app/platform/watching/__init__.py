"""What the house knows of itself.

counters    what each process counts as it happens; Prometheus reads it at /metrics
figures     what belongs to no process: asked of the database and the machine, at most every ten seconds
house       the platform's own figures; features tell theirs (metrics.tell)
noting      what happened at last, and whether it went well: backups, verifications, certificates
beating     every process says now and then that it lives
statements  how many a request sends to the database, how long they take; the slow ones, those that come again
reporting   errors, to whoever speaks the Sentry protocol
"""
