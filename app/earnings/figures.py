"""How a creator's money goes, for the overview of their dashboard."""

from uuid import UUID

from app.creators.figures import Figure
from app.earnings import queries
from app.kit.money import readable


def figures(creator_id: UUID) -> list[Figure]:
    """What is free to be paid out, in each currency that there is some of; one statement."""
    return [
        Figure(
            "Free to be paid out",
            readable(one.available, one.currency),
            f"{readable(one.pending, one.currency)} not yet free" if one.pending else "",
        )
        for one in queries.balances(creator_id).values()
        if one.anything
    ]
