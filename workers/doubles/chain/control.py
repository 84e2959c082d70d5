"""Switches for tests and demonstrations, for this machine only."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, request
from solders.pubkey import Pubkey

from workers.doubles.chain import pay, wallet
from workers.doubles.chain.chain import DECIMALS, USDC, Refusal
from workers.doubles.chain.faults import KINDS, Fault
from workers.doubles.chain.pay import Unpayable
from workers.doubles.chain.programs import TOKEN, TOKEN_2022
from workers.doubles.chain.wallet import Changes

LOOPBACK = {"127.0.0.1", "::1"}

blueprint = Blueprint("control", __name__, url_prefix="/_double")


@blueprint.before_request
def only_here() -> None:
    """Programs on this machine, no pages: a browser says from where it asks."""
    if request.remote_addr not in LOOPBACK or request.headers.get("Origin"):
        abort(403)


@blueprint.errorhandler(Unpayable)
@blueprint.errorhandler(Refusal)
@blueprint.errorhandler(ValueError)
@blueprint.errorhandler(KeyError)
def refused(error: Exception) -> tuple[Response, int]:
    return jsonify(error=str(error)), 422


@blueprint.get("/state")
def state() -> Response:
    with g.chain.alone() as chain:
        return jsonify(
            slot=chain.slots.current(),
            usdc_mint=str(USDC),
            faults=[fault.json() for fault in chain.faults.waiting],
        )


@blueprint.post("/faucet")
def faucet() -> Response:
    """{address, sol, usdc} in whole units."""
    said = _said()
    lamports = pay.units(_amount(said.get("sol", 0)), wallet.SOL_DECIMALS)
    usdc = pay.units(_amount(said.get("usdc", 0)), DECIMALS)
    with g.chain.alone() as chain:
        return jsonify(signature=chain.give(_key(said["address"]), lamports=lamports, usdc=usdc))


@blueprint.post("/mint")
def mint() -> Response:
    """{address, amount, decimals, token_2022}: a token of its own, and all of it for this wallet."""
    said = _said()
    decimals = int(said.get("decimals", DECIMALS))
    units = pay.units(_amount(said["amount"]), decimals)
    program = TOKEN_2022 if said.get("token_2022") else TOKEN
    with g.chain.alone() as chain:
        made = chain.new_mint(_key(said["address"]), units, decimals=decimals, program=program)
        return jsonify(mint=str(made))


@blueprint.post("/faults")
def add_fault() -> Response:
    """{kind, method, times, slots, seconds}; see `faults`."""
    said = _said()
    with g.chain.alone() as chain:
        chain.faults.waiting.append(
            Fault(
                kind=said["kind"],
                method=said.get("method", ""),
                times=int(said.get("times", 1)),
                slots=int(said.get("slots", 20)),
                seconds=float(said.get("seconds", 0)),
            )
        )
        return jsonify(faults=[fault.json() for fault in chain.faults.waiting], kinds=sorted(KINDS))


@blueprint.delete("/faults")
def no_faults() -> Response:
    with g.chain.alone() as chain:
        chain.faults.waiting.clear()
    return jsonify(faults=[])


@blueprint.post("/tick")
def tick() -> Response:
    """{slots}: so many pass at once, one if nothing is said."""
    slots = int(_said().get("slots", 1))
    if slots < 0:
        raise ValueError("slots do not go back")
    with g.chain.alone() as chain:
        chain.pass_by(slots)
        return jsonify(slot=chain.slots.current())


@blueprint.post("/finalize")
def finalize() -> Response:
    """{signature}: what was held is let go (all without one), and 32 slots pass."""
    with g.chain.alone() as chain:
        chain.finalize(_said().get("signature"))
        return jsonify(slot=chain.slots.current())


@blueprint.post("/fork/<signature>")
def fork(signature: str) -> Response:
    with g.chain.alone() as chain:
        chain.fork(signature)
        return jsonify(slot=chain.slots.current())


@blueprint.post("/wallet/send")
def send() -> Response:
    """{uri, wallet}: pays as the link asks, or otherwise: see `_changes`. `times` pays more than once."""
    said = _said()
    with g.chain.alone() as chain:
        payer = wallet.named(chain, said.get("wallet", "test"), _changes(said))
        ask = pay.read(said["uri"])
        signatures = [payer.pay(ask) for _ in range(int(said.get("times", 1)))]
        return jsonify(signatures=signatures, address=str(payer.address))


@blueprint.get("/wallet/<name>")
def look(name: str) -> Response:
    with g.chain.alone() as chain:
        found = wallet.named(chain, name)
        return jsonify(address=str(found.address), lamports=found.lamports, usdc=found.usdc)


def _changes(said: dict[str, Any]) -> Changes:
    token = said.get("token", "")
    return Changes(
        amount=_amount(said["amount"]) if "amount" in said else None,
        other_token=bool(token),
        mint=_token(token) if token else None,
        recipient=_key(said["recipient"]) if "recipient" in said else None,
        references=_references(said["references"]) if "references" in said else None,
        memo=said.get("memo"),
        transfers=int(said.get("transfers", 1)),
        extra=bool(said.get("extra")),
        unchecked=bool(said.get("unchecked")),
        batched=bool(said.get("batched")),
        inner=bool(said.get("inner")),
        versioned=bool(said.get("versioned")),
        lookup_table=bool(said.get("lookup_table")),
        fails=bool(said.get("fails")),
    )


def _token(text: str) -> Pubkey | None:
    known = {"SOL": None, "USDC": USDC}
    return known[text] if text in known else _key(text)


def _references(said: list[str] | bool) -> tuple[Pubkey, ...]:
    """A list of others, or false for none."""
    return tuple(_key(one) for one in said or [])  # type: ignore[union-attr]


def _amount(said: Any) -> Decimal:
    return pay.amount(str(said))


def _key(text: str) -> Pubkey:
    return Pubkey.from_string(text)


def _said() -> dict[str, Any]:
    found = request.get_json(silent=True)
    return found if isinstance(found, dict) else {}
