"""What recovery tells a person when it cannot go on."""

from workers.stack.errors import StackError


class RecoveryError(StackError):
    """Something that a person can mend, said in plain words."""
