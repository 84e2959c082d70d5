"""What the launcher tells a person when it cannot go on."""


class StackError(Exception):
    """Something that a person can mend, said in plain words."""
