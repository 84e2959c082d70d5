"""Ends a session of somebody's, as another process of the house would.

python -m tests.platform.ending_program SESSION OWNER
"""

import sys
from uuid import UUID

from app import create_app
from app.accounts.operations import sessions
from app.platform.transaction import transaction

if __name__ == "__main__":
    session, owner = map(UUID, sys.argv[1:])
    with create_app().app_context(), transaction():
        sessions.end(session, owner=owner, because="revoked")
