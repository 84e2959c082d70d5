"""Who hears that a tip was paid or taken back, in the same transaction: features above, from `init_app`."""

from collections.abc import Callable

from flask import Flask, current_app

from app.tips.models import Tip

PLACE = "fanlight.tips_heard"
Listener = Callable[[Tip], None]


def listen(app: Flask, listener: Listener) -> None:
    app.extensions.setdefault(PLACE, []).append(listener)


def tell(tip: Tip) -> None:
    known: list[Listener] = current_app.extensions.get(PLACE, [])
    for listener in known:
        listener(tip)
