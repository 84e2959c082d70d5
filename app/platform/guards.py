"""Who may call what. Every endpoint declares it here; what declares nothing is not served.

    @bp.post("/settings/sessions/<uuid:session_id>/revoke")
    @guard(Access.SIGNED_IN, fresh=True)
    def revoke(session_id): ...

A mutating endpoint runs inside one transaction that commits when the answer is a success, and
takes an idempotency key unless it says `once=False` with the exemption that DESIGN allows it.
"""

import logging
from collections.abc import Callable, Mapping, MutableMapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, g, make_response, session
from flask_wtf.csrf import CSRFError
from htmx_flask import request
from psycopg2.errors import DeadlockDetected
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from app.extensions import csrf
from app.kit import clock
from app.platform import idempotency, limits, storable
from app.platform.access import forget_session, has_ended
from app.platform.errors import (
    Forbidden,
    FreshSignInNeeded,
    NotFound,
    Refused,
    SecondFactorNeeded,
    SignInNeeded,
    TooMany,
)
from app.platform.settings import settings
from app.platform.transaction import transaction
from app.platform.viewer import Role, Viewer, viewer
from app.platform.web import SAFE

log = logging.getLogger(__name__)
View = TypeVar("View", bound=Callable[..., Any])

FRESH_FOR = timedelta(minutes=10)
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
# Bytes: what is signed has to be read whole before anybody knows who sent it.
MOST_SIGNED = 512 * 1024


class Access(StrEnum):
    ANYONE = "anyone"
    # The answer is the same for all and cacheable: the request may not know who is looking.
    ANONYMOUS = "anonymous"
    SIGNED_IN = "signed_in"
    CREATOR = "creator"
    MODERATOR = "moderator"
    ADMIN = "admin"
    DEMO = "demo"
    # Called by machines that prove themselves in another way (probes, signed webhooks).
    MACHINE = "machine"


# Worth somebody's attention; old links, mistyped addresses and the way to the sign-in page are not.
ALARMING = (Forbidden, SecondFactorNeeded, TooMany, CSRFError)

STAFF = {Access.MODERATOR: Role.MODERATOR, Access.ADMIN: Role.ADMIN}
NEEDS_ROLE = {Access.CREATOR: Role.CREATOR, **STAFF}


@dataclass(frozen=True, slots=True)
class Guard:
    access: Access
    limit: str | None
    once: bool
    fresh: bool
    lasting: bool
    signed: bool
    csrf: bool


def guard(
    access: Access,
    *,
    limit: str | None = "default",
    once: bool = True,
    fresh: bool = False,
    lasting: bool = False,
    signed: bool = False,
) -> Callable[[View], View]:
    """`fresh`, `lasting` (it leaves what needs no session): not for a session that ended meanwhile.

    `signed`: the view holds what was sent against its signature, and only then looks at what it says."""
    declared = Guard(access, limit, once, fresh, lasting, signed, csrf=access is not Access.MACHINE)

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Response:
            try:
                enforce(declared)
                if request.method in SAFE:
                    return make_response(view(*args, **kwargs))
                return _mutate(declared, lambda: view(*args, **kwargs))
            except (Refused, CSRFError) as refusal:
                _note(declared, refusal)
                raise

        guarded.__guard__ = declared  # type: ignore[attr-defined]
        return cast(View, guarded)

    return declare


def guard_of(view: Callable[..., Any]) -> Guard | None:
    return cast("Guard | None", getattr(view, "__guard__", None))


def enforce(declared: Guard) -> None:
    if declared.access in {Access.ANONYMOUS, Access.MACHINE}:
        g.without_session = True
    if declared.signed:
        request.max_content_length = MOST_SIGNED
    storable.check_address()
    if declared.csrf and request.method not in SAFE:
        _same_origin()
        csrf.protect()
    admit(declared, viewer())
    if declared.limit:
        limits.check_request(declared.limit)
    if request.method not in SAFE and not declared.signed:
        storable.check_content()


def admit(declared: Guard, person: Viewer | None) -> None:
    """The one place that decides. Raises what the edge turns into a page or a redirect."""
    access = declared.access
    if access in {Access.ANYONE, Access.ANONYMOUS, Access.MACHINE}:
        return
    if access is Access.DEMO:
        if not settings().demo:
            raise NotFound
        return
    if person is None:
        raise SignInNeeded
    if (role := NEEDS_ROLE.get(access)) is not None and not person.has(role):
        raise Forbidden("This part of the house is not open to you.")
    if access in STAFF and not person.second_factor:
        raise SecondFactorNeeded
    if declared.fresh and clock.now() - person.authenticated_at > FRESH_FOR:
        raise FreshSignInNeeded


def _note(declared: Guard, refusal: Refused | CSRFError) -> None:
    """Who was turned away, where and why."""
    code = refusal.code if isinstance(refusal, Refused) else "csrf"
    level = logging.WARNING if isinstance(refusal, ALARMING) else logging.INFO
    log.log(level, "refused", extra={"code": code, "endpoint": request.endpoint, "access": declared.access})


def keep_writes() -> None:
    """What this request wrote stands although it is refused: a failed sign-in is a fact."""
    g.keep_writes = True


def init_guards(app: Flask) -> None:
    @app.before_request
    def _deny_undeclared() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if view is not None and guard_of(view) is None:
            raise RuntimeError(f"endpoint {request.endpoint} declares no guard")


def _mutate(declared: Guard, view: Callable[[], Any]) -> Response:
    """Once more where the database ended it because two waited for one another: no visitor is to blame."""
    known, told = dict(vars(g._get_current_object())), deepcopy(dict(session))
    try:
        return _try_to_mutate(declared, view, told)
    except OperationalError as error:
        if not isinstance(error.orig, DeadlockDetected) or _was_read_as_it_came():
            raise
        log.warning("two waited for one another", extra={"endpoint": request.endpoint})
    _put_back(vars(g._get_current_object()), known)
    _put_back(session, deepcopy(told))
    return _try_to_mutate(declared, view, told)


def _put_back(current: MutableMapping[str, Any], before: Mapping[str, Any]) -> None:
    current.clear()
    current.update(before)


def _was_read_as_it_came() -> bool:
    """A part of a file comes once; fields of a form are kept, and JSON is."""
    return bool(request.content_length) and not (request.mimetype in FORMS or request.is_json)


def _try_to_mutate(declared: Guard, view: Callable[[], Any], told: Mapping[str, Any]) -> Response:
    person = viewer() if declared.fresh or declared.lasting else None
    try:
        with transaction():
            replay = idempotency.begin() if declared.once else None
            if replay is not None:
                return replay
            outcome = _outcome(view)
            if person and has_ended(person.id, person.session_id):
                # It may have waited for the very thing that put somebody out.
                raise _RolledBack(SignInNeeded())
            if isinstance(outcome, Refused) or outcome.status_code >= 400:
                if not g.get("keep_writes"):
                    raise _RolledBack(outcome)
                if declared.once:
                    idempotency.give_back()
            elif declared.once:
                idempotency.remember(outcome)
    except _RolledBack as rolled_back:
        outcome = rolled_back.outcome
        if person and isinstance(outcome, SignInNeeded):
            # Nothing was done, so nothing is told of it either.
            _put_back(session, told)
            forget_session(person.id, person.session_id)
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


def _outcome(view: Callable[[], Any]) -> Response | Refused:
    try:
        return make_response(view())
    except Refused as refused:
        return refused


class _RolledBack(Exception):
    """Ends the transaction; what was answered stands."""

    def __init__(self, outcome: Response | Refused) -> None:
        self.outcome = outcome


def _same_origin() -> None:
    """Browsers say where a request comes from; a foreign page is refused before the token is looked at."""
    if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
        raise CSRFError("The form was sent from another site.")
    origin = request.headers.get("Origin")
    if origin and origin != "null" and origin not in {settings().base_url, request.host_url.rstrip("/")}:
        raise CSRFError("The form was sent from another site.")
