"""Whatever people send and the chain does with it: credited once, only what was paid, only when final."""

from dataclasses import dataclass, field
from uuid import UUID

from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.doubles.chain import Refused
from tests.factories.invoices import an_invoice
from tests.factories.people import Person, signed_in
from tests.payments.coins import Purse, whole

SLOTS_UNTIL_FINAL = 32
# What is worth less than a cent is not counted for an invoice.
CENT = 10_000
PAYS = st.tuples(st.just("pay"), st.integers(1, 6_000_000), st.integers(1, 2), st.booleans())
STEPS = st.one_of(
    PAYS,
    st.tuples(st.just("tick"), st.sampled_from([1, 10, 40])),
    st.tuples(st.just("fork"), st.integers(0, 3)),
    st.tuples(st.just("drop")),
    st.tuples(st.just("fail")),
    st.tuples(st.just("look")),
)


@dataclass
class Story:
    """What the chain did, as one would note it beside."""

    purse: Purse
    link: str
    landed: dict[str, int] = field(default_factory=dict)
    ages: dict[str, int] = field(default_factory=dict)

    def pay(self, units: int, transfers: int, ours: bool) -> None:
        token = {} if ours else {"token": "SOL"}
        (signature,) = self.purse.double.pay(
            self.link, amount=whole(units, "USDC"), transfers=transfers, **token
        )
        if ours:
            self.landed[signature] = units * transfers
        self.ages[signature] = 0

    def fail(self) -> None:
        self.purse.double.pay(self.link, fails=True)

    def drop(self) -> None:
        self.purse.double.fault("drop")
        self.purse.double.pay(self.link)

    def tick(self, slots: int) -> None:
        self.purse.double.tick(slots)
        self.ages = {signature: age + slots for signature, age in self.ages.items()}

    def fork(self, back: int) -> None:
        young = [one for one, age in self.ages.items() if age < SLOTS_UNTIL_FINAL]
        if back < len(young):
            try:
                self.purse.double.fork(young[-1 - back])
            except Refused:
                return
            self.ages.pop(young[-1 - back])
            self.landed.pop(young[-1 - back], None)

    def look(self) -> None:
        self.purse.look()

    @property
    def final(self) -> int:
        """At most: the chain's own clock may have added a slot or two."""
        return sum(units for one, units in self.landed.items() if self.ages[one] >= SLOTS_UNTIL_FINAL - 2)


@settings(
    max_examples=8,
    deadline=None,
    # A story takes a second; made shorter, it would take minutes.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(STEPS, min_size=3, max_size=9))
def test_what_is_credited_is_what_was_finally_paid(
    purse: Purse, app: Flask, fan: Person, steps: list[tuple[object, ...]]
) -> None:
    purse.fill(sol="1")
    invoice_id = an_invoice(app, fan, total=1_000)
    purse.double.no_faults()
    story = Story(purse, purse.link(signed_in(app, fan), invoice_id))
    for name, *values in steps:
        getattr(story, str(name))(*values)
        assert credited(purse, invoice_id) <= story.final
    story.tick(SLOTS_UNTIL_FINAL + 1)
    for _ in range(2):
        story.look()
        small = sum(units for units in story.landed.values() if units < 2 * CENT)
        assert story.final - small <= credited(purse, invoice_id) <= story.final
    purse.assert_square()


def credited(purse: Purse, invoice_id: UUID) -> int:
    return sum(units for _, units, _ in purse.payments(invoice_id))
