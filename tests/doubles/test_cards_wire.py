"""The card processor's double on the wire: keys, repeated and broken calls, and what it tells."""

import threading
from collections.abc import Iterator

import pytest
import stripe

from tests.doubles.cards import SECRET, CardsDouble, Listener, cards_double
from tests.support import eventually

VISA = "pm_card_visa"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CardsDouble]:
    with cards_double(tmp_path_factory.mktemp("cards")) as double:
        yield double


@pytest.fixture
def double(running: CardsDouble) -> CardsDouble:
    """With nothing planned, and nothing told yet."""
    running.control("faults/clear")
    eventually(lambda: not running.state()["waiting"])
    running.listener.told.clear()
    running.listener.hear = Listener().hear
    return running


def a_payment(api: stripe.StripeClient, key: str, card: str = VISA) -> stripe.PaymentIntent:
    return api.v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "payment_method": card, "confirm": True},
        {"idempotency_key": key},
    )


def count(double: CardsDouble, kind: str) -> int:
    return int(double.state()["objects"].get(kind, 0))


@pytest.mark.parametrize("key", ["", "sk_live_real", "nonsense"])
def test_only_test_keys_open_it(double: CardsDouble, key: str) -> None:
    api = stripe.StripeClient(key or "none", base_addresses={"api": double.url})
    with pytest.raises(stripe.AuthenticationError):
        api.v1.customers.list()


def test_what_is_not_known_is_refused(api: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        api.v1.customers.create({"nonsense": "1"})  # type: ignore[arg-type]
    assert (unknown.value.code, unknown.value.param) == ("parameter_unknown", "nonsense")
    with pytest.raises(stripe.InvalidRequestError) as missing:
        api.v1.payment_intents.create({"currency": "usd"})  # type: ignore[typeddict-item]
    assert missing.value.code == "parameter_missing"
    with pytest.raises(stripe.InvalidRequestError) as small:
        api.v1.payment_intents.create({"amount": 49, "currency": "usd"})
    assert small.value.code == "amount_too_small"
    with pytest.raises(stripe.InvalidRequestError) as absent:
        api.v1.charges.retrieve("ch_nobody")
    assert (absent.value.http_status, absent.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.customers.create({"expand": ["nonsense"]})
    with pytest.raises(stripe.PermissionError):
        api.v1.balance.retrieve(None, {"stripe_account": "acct_nobody"})


def test_a_refused_call_leaves_nothing_behind(double: CardsDouble, api: stripe.StripeClient) -> None:
    before = count(double, "payment_intent")
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.payment_intents.create({"amount": 500, "currency": "usd", "nonsense": "1"})  # type: ignore[typeddict-unknown-key]
    assert count(double, "payment_intent") == before


def test_a_repeated_call_gets_the_first_answer(double: CardsDouble, api: stripe.StripeClient) -> None:
    first, again = a_payment(api, "one"), a_payment(api, "one")
    assert again.id == first.id
    assert again.last_response
    headers = again.last_response.headers
    assert headers
    assert first.last_response
    assert headers["Idempotent-Replayed"] == "true"
    assert headers["Original-Request"] == first.last_response.request_id
    assert headers["Stripe-Version"] == stripe.api_version
    double.listener.wait_for("payment_intent.succeeded", first.id)


def test_a_repeated_refusal_is_the_first_one(double: CardsDouble, api: stripe.StripeClient) -> None:
    def declined() -> str:
        with pytest.raises(stripe.CardError) as refused:
            a_payment(api, "two", "pm_card_chargeDeclined")
        assert refused.value.error
        assert refused.value.error.payment_intent
        return refused.value.error.payment_intent.id

    before = count(double, "charge")
    assert declined() == declined()
    assert count(double, "charge") == before + 1


def test_a_key_stands_for_one_set_of_parameters(api: stripe.StripeClient) -> None:
    a_payment(api, "three")
    with pytest.raises(stripe.IdempotencyError) as refused:
        a_payment(api, "three", "pm_card_mastercard")
    assert refused.value.http_status == 400


def test_what_was_wrong_from_the_start_may_be_put_right_under_the_same_key(
    api: stripe.StripeClient,
) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.customers.create({"nonsense": "1"}, {"idempotency_key": "four"})  # type: ignore[arg-type]
    assert api.v1.customers.create({"name": "Ada"}, {"idempotency_key": "four"}).name == "Ada"


def test_two_calls_at_once_with_one_key_are_not_both_made(
    double: CardsDouble, api: stripe.StripeClient
) -> None:
    double.fault("payment_intents.create", "drop_before", seconds=2)

    def wait_in_vain() -> None:
        with pytest.raises(stripe.APIConnectionError):
            a_payment(api, "five")

    slow = threading.Thread(target=wait_in_vain)
    slow.start()
    eventually(lambda: not double.state()["faults"])
    with pytest.raises(stripe.APIError) as refused:
        a_payment(api, "five")
    assert refused.value.http_status == 409
    assert "idempotency_key_in_use" in str(refused.value.http_body)
    slow.join()
    # Whoever called hears of the broken line a moment before the key is free again.
    assert eventually(lambda: a_payment(api, "five")).status == "succeeded"


def test_twenty_calls_at_once_with_one_key_pay_once(double: CardsDouble) -> None:
    before, api = count(double, "charge"), double.client(retries=20)
    paid: list[str] = []
    threads = [threading.Thread(target=lambda: paid.append(a_payment(api, "many").id)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(paid), len(set(paid))) == (20, 1)
    assert count(double, "charge") == before + 1


def test_a_call_that_timed_out_after_it_succeeded_is_found_by_its_key(
    double: CardsDouble, api: stripe.StripeClient
) -> None:
    before = count(double, "charge")
    double.fault("payment_intents.create", "timeout_after")
    with pytest.raises(stripe.APIConnectionError):
        a_payment(api, "six")
    assert count(double, "charge") == before + 1
    assert a_payment(api, "six").status == "succeeded"
    assert count(double, "charge") == before + 1


def test_a_call_that_never_arrived_did_nothing(double: CardsDouble, api: stripe.StripeClient) -> None:
    before = count(double, "charge")
    double.fault("payment_intents.create", "drop_before")
    with pytest.raises(stripe.APIConnectionError):
        a_payment(api, "seven")
    assert count(double, "charge") == before


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("error_500", stripe.APIError),
        ("error_500_after", stripe.APIError),
        ("rate_limit", stripe.RateLimitError),
    ],
)
def test_trouble_comes_as_often_as_planned(
    double: CardsDouble, api: stripe.StripeClient, kind: str, error: type[stripe.StripeError]
) -> None:
    double.fault("payment_intents.create", kind, times=2)
    for _ in range(2):
        with pytest.raises(error):
            a_payment(api, f"trouble-{kind}")
    assert a_payment(api, f"trouble-{kind}").status == "succeeded"


def test_what_is_told_is_signed(double: CardsDouble, api: stripe.StripeClient) -> None:
    paid = a_payment(api, "told")
    double.listener.wait_for("payment_intent.succeeded", paid.id)
    for each in double.listener.told:
        event = stripe.Webhook.construct_event(each.payload, each.signature, SECRET)
        assert event.api_version == stripe.api_version
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(each.payload + b" ", each.signature, SECRET)


def test_events_are_told_again_until_somebody_listens(double: CardsDouble, api: stripe.StripeClient) -> None:
    answers = [500, 404, 301]
    double.listener.hear = lambda _payload, _signature: answers.pop() if answers else 204
    customer = api.v1.customers.create({})
    eventually(lambda: double.tick() or len(double.listener.told) == 4)  # type: ignore[func-returns-value]
    assert len({each.event["id"] for each in double.listener.told}) == 1
    told = double.listener.wait_for("customer.created", customer.id)
    eventually(lambda: api.v1.events.retrieve(told["id"]).pending_webhooks == 0)


def test_an_event_can_be_read_and_sent_again(double: CardsDouble, api: stripe.StripeClient) -> None:
    customer = api.v1.customers.create({})
    event = double.listener.wait_for("customer.created", customer.id)
    assert api.v1.events.retrieve(event["id"]).type == "customer.created"
    listed = api.v1.events.list({"type": "customer.created", "limit": 1}).data
    assert [each.id for each in listed] == [event["id"]]
    double.control(f"events/resend/{event['id']}")
    double.listener.wait_for("customer.created", customer.id, times=2)


def test_an_event_may_come_twice(double: CardsDouble, api: stripe.StripeClient) -> None:
    double.fault("webhooks.customer.created", "duplicate")
    customer = api.v1.customers.create({})
    double.listener.wait_for("customer.created", customer.id, times=2)


def test_an_event_may_be_lost(double: CardsDouble, api: stripe.StripeClient) -> None:
    double.fault("webhooks.charge.succeeded", "drop")
    paid = a_payment(api, "lost")
    double.listener.wait_for("payment_intent.succeeded", paid.id)
    assert "charge.succeeded" not in double.listener.kinds()
    assert api.v1.events.list({"type": "charge.succeeded", "limit": 1}).data


def test_events_may_come_in_the_wrong_order(double: CardsDouble, api: stripe.StripeClient) -> None:
    double.fault("webhooks", "reorder", times=4)
    paid = a_payment(api, "wrong-order")
    double.listener.wait_for("payment_intent.created", paid.id)
    assert double.listener.kinds() == [
        "payment_intent.succeeded",
        "charge.updated",
        "charge.succeeded",
        "payment_intent.created",
    ]


def test_an_event_may_be_late(double: CardsDouble, api: stripe.StripeClient) -> None:
    double.fault("webhooks.customer.created", "delay", seconds=1)
    first, second = api.v1.customers.create({}), api.v1.customers.create({})
    double.listener.wait_for("customer.created", first.id)
    assert [each.event["data"]["object"]["id"] for each in double.listener.told] == [second.id, first.id]


def test_a_forged_event_does_not_bear_its_signature(double: CardsDouble, api: stripe.StripeClient) -> None:
    double.fault("webhooks.customer.created", "tamper")

    def hear(payload: bytes, signature: str) -> int:
        try:
            stripe.Webhook.construct_event(payload, signature, SECRET)
        except stripe.SignatureVerificationError:
            return 400
        return 200

    double.listener.hear = hear
    customer = api.v1.customers.create({})
    double.listener.wait_for("customer.created", customer.id, times=2)
    forged, genuine = double.listener.told
    assert (hear(forged.payload, forged.signature), hear(genuine.payload, genuine.signature)) == (400, 200)


def test_no_page_in_a_browser_reaches_the_control(double: CardsDouble) -> None:
    assert double.visit("/_double/tick", {}).status == 200
    assert double.visit("/_double/tick", {}, origin="http://evil.example").status == 403
